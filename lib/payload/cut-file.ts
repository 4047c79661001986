// A file's chunks, whether it fits into memory or not.
import { chunkLength, chunkSizes } from "./chunker.ts";
import { readChunks, SMALL_BYTES } from "./read-source.ts";
import type { SourceFile } from "./source.ts";

/**
 * A large file's chunks in order, read once; each is valid until the next is asked for.
 * @throws OpsError `source` when it changed since it was listed
 */
export async function* cutFile(file: SourceFile): AsyncGenerator<Uint8Array> {
  const sizes = chunkSizes(file.size);
  const buffer = Buffer.allocUnsafe(sizes.max + 2 * SMALL_BYTES);
  let [start, end] = [0, 0];
  const next = () => {
    const from = start;
    start += chunkLength(buffer, from, end, sizes);
    return buffer.subarray(from, start);
  };
  for await (const bytes of readChunks(file)) {
    if (end + bytes.length > buffer.length) {
      buffer.copyWithin(0, start, end);
      [start, end] = [0, end - start];
    }
    buffer.set(bytes, end);
    end += bytes.length;
    while (end - start >= sizes.max) yield next();
  }
  while (start < end) yield next();
}

/** The chunks of a file that is whole in memory, as views of it. */
export function* cutBytes(bytes: Uint8Array): Generator<Uint8Array> {
  const sizes = chunkSizes(bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    at += chunkLength(bytes, start, bytes.length, sizes);
    yield bytes.subarray(start, at);
  }
}
