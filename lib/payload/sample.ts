// Whether zstd pays, asked of a part of the content.
import { startSlices } from "../torrent/slice.ts";
import { ZSTD_LEVEL } from "./content-writer.ts";
import { readSome } from "./read-source.ts";
import type { SourceFile } from "./source.ts";

const SLICES = 16;
const SLICE_BYTES = 512 * 1024;
/** Less than a tenth saved isn't worth the work of unpacking it on every host. */
const WORTH_RATIO = 0.9;

/**
 * Whether zstd makes `files` smaller by a tenth or more, judging by up to 8 MiB spread evenly over their bytes. The answer
 * depends on names, sizes and bytes alone, so the same tree is always packed the same way.
 */
export async function compressionPays(
  files: readonly SourceFile[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  const starts =
    totalBytes <= SLICES * SLICE_BYTES
      ? Array.from({ length: Math.ceil(totalBytes / SLICE_BYTES) }, (_, slice) => slice * SLICE_BYTES)
      : Array.from({ length: SLICES }, (_, slice) => Math.floor((slice * totalBytes) / SLICES));
  let plainBytes = 0;
  let packedBytes = 0;
  const pause = startSlices({ signal });
  let fileStart = 0;
  let index = 0;
  for (const start of starts) {
    const parts: Uint8Array[] = [];
    for (let at = start; at < Math.min(start + SLICE_BYTES, totalBytes); ) {
      await pause();
      let file = files[index];
      while (file !== undefined && fileStart + file.size <= at) {
        fileStart += file.size;
        file = files[++index];
      }
      if (file === undefined) break;
      const part = readSome(file, at - fileStart, start + SLICE_BYTES - at);
      if (part.length === 0) break; // it shrank: packing will say so
      parts.push(part);
      at += part.length;
    }
    const slice = Buffer.concat(parts);
    plainBytes += slice.length;
    packedBytes += (await Bun.zstdCompress(slice, { level: ZSTD_LEVEL })).length;
  }
  return packedBytes <= plainBytes * WORTH_RATIO && plainBytes > 0;
}
