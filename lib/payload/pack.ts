// A source → a payload: the distinct chunks of its files back to back, and the manifest that says what they are.
import { existsSync } from "node:fs";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import { CUT_BYTES } from "./chunker.ts";
import { cutBytes, cutFile } from "./cut-file.ts";
import { MANIFEST_FILE, PAYLOAD_FILES } from "./layout.ts";
import { serializeManifest } from "./manifest.ts";
import { readWhole, SMALL_BYTES } from "./read-source.ts";
import { type RegionWriter, startRegions } from "./regions.ts";
import { compressionPays } from "./sample.ts";
import type { Source, SourceFile } from "./source.ts";
import {
  type Chunk,
  type Entry,
  type FileEntry,
  type Manifest,
  PAYLOAD_VERSION,
  type Payload,
} from "./types.ts";
import { writeFault } from "./write-fault.ts";

export interface PackOptions {
  /** Where the payload goes: made when missing; must not hold one. */
  readonly folder: string;
  /** Tree of a release that hosts have: what it holds lies in `kept`. Without one, everything is new. */
  readonly base?: readonly Entry[] | undefined;
  /** `auto`: zstd when it saves a tenth or more of a sample. */
  readonly compress?: "auto" | "zstd" | "none" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the source's files packed so far. */
  readonly onProgress?: ((done: { readonly bytes: number; readonly totalBytes: number }) => void) | undefined;
}

/**
 * Packs `source`. The same tree gives the same files, byte for byte (with the same base, and the same version of Bun,
 * whose zstd it is). Equal chunks are stored once. When it fails or is aborted, nothing stays in `folder`.
 * @throws OpsError `source` when a file can't be read or changes meanwhile, `disk-full`, `release` when `folder` can't be written
 */
export async function packSource(source: Source, options: PackOptions): Promise<Payload> {
  const { folder, compress = "auto", signal } = options;
  const made = !existsSync(folder);
  const paths = PAYLOAD_FILES.map((name) => join(folder, name));
  const taken = paths.find((path) => existsSync(path));
  if (taken !== undefined) throw new RangeError(`there is a payload already: ${taken}`);
  try {
    await mkdir(folder, { recursive: true });
    return await pack(source, options);
  } catch (cause) {
    await Promise.all((made ? [folder] : paths).map((path) => rm(path, { recursive: true, force: true })));
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw await writeFault(cause, folder);
    const { bavail, bsize } = await statfs(made ? join(folder, "..") : folder);
    const mebibytes = (bytes: number) => `${(bytes / 1048576).toFixed(1)} MiB`;
    throw new OpsError(
      "disk-full",
      `no room to pack ${printable(source.from)} in ${printable(folder)}: ${mebibytes(bavail * bsize)} free, ` +
        `up to ${mebibytes(sizeOf(filesOf(source)))} needed`,
      { hint: "free some space there, or set TMPDIR to a folder with room for the release", cause },
    );
  }

  async function pack(from: Source, { base, onProgress }: PackOptions): Promise<Payload> {
    const files = filesOf(from);
    const zstd = compress === "zstd" || (compress === "auto" && (await compressionPays(files, { signal })));
    const compression = zstd ? "zstd" : "none";
    await using regions = startRegions(folder, compression, base);
    const packed = await packFiles(files, regions, { signal, onProgress });
    const entries: Entry[] = from.entries.map((entry) =>
      entry.type === "file" ? (packed.get(entry.path) as FileEntry) : entry,
    );
    const { fileBytes, ...sizes } = await regions.end();
    const manifest: Manifest = { version: PAYLOAD_VERSION, compression, ...sizes, entries };
    const text = serializeManifest(manifest);
    await writeFile(join(folder, MANIFEST_FILE), text, { flag: "wx", mode: 0o644 });
    const totalBytes = fileBytes + Buffer.byteLength(text);
    return { path: folder, manifest, totalBytes, warnings: from.warnings, revision: from.revision };
  }
}

/** Adds the bytes of `files` to their regions, each read once. @returns what each file is, by its path */
async function packFiles(
  files: readonly SourceFile[],
  regions: RegionWriter,
  { signal, onProgress }: Pick<PackOptions, "signal" | "onProgress">,
): Promise<ReadonlyMap<string, FileEntry>> {
  const entries = new Map<string, FileEntry>();
  const totalBytes = sizeOf(files);
  const pause = startSlices({ signal });
  const scratch = Buffer.allocUnsafe(SMALL_BYTES);
  let bytes = 0;

  for (const file of files) {
    const { type, path, mode, size } = file;
    if (size < CUT_BYTES) {
      await pause();
      const whole = readWhole(file, scratch);
      const sha256 = Bun.CryptoHasher.hash("sha256", whole, "hex");
      const writing = regions.add(sha256, whole);
      if (writing !== undefined) await writing;
      entries.set(path, { type, path, mode, size, sha256 });
      bytes += size;
      onProgress?.({ bytes, totalBytes });
      continue;
    }
    const hasher = new Bun.CryptoHasher("sha256");
    const chunks: Chunk[] = [];
    for await (const chunk of size <= SMALL_BYTES ? cutBytes(readWhole(file, scratch)) : cutFile(file)) {
      await pause();
      const sha256 = Bun.CryptoHasher.hash("sha256", chunk, "hex");
      hasher.update(chunk);
      chunks.push([chunk.length, sha256]);
      await regions.add(sha256, chunk);
      bytes += chunk.length;
      onProgress?.({ bytes, totalBytes });
    }
    entries.set(path, { type, path, mode, size, sha256: hasher.digest("hex"), chunks });
  }
  return entries;
}

function filesOf(source: Source): readonly SourceFile[] {
  return source.entries.filter((entry) => entry.type === "file");
}

function sizeOf(files: readonly SourceFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}
