// Bytes of a source's files, in order, without holding a file that is large.
import { read, readSync } from "node:fs";
import { promisify } from "node:util";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";
import type { SourceFile } from "./source.ts";

const readAsync = promisify(read);

/** Files up to this size are read whole, by one call. */
export const SMALL_BYTES = 1024 * 1024;

/**
 * Reads a small file whole.
 * @returns a view of `scratch`
 * @throws OpsError `source` when it changed since it was listed
 */
export function readWhole(file: SourceFile, scratch: Buffer): Uint8Array {
  const bytes = file.open();
  let filled = 0;
  try {
    while (filled < file.size) {
      const count = readSync(bytes.fd, scratch, filled, file.size - filled, bytes.start + filled);
      if (count === 0) break;
      filled += count;
    }
  } finally {
    bytes.close();
  }
  if (filled < file.size) throw cutShort(file);
  return scratch.subarray(0, filled);
}

/**
 * A large file's bytes; each chunk is valid until the next is asked for, and the next is read meanwhile.
 * @throws OpsError `source` when it changed since it was listed
 */
export async function* readChunks(file: SourceFile): AsyncGenerator<Uint8Array> {
  const bytes = file.open();
  const readAt = async (buffer: Buffer, at: number) => {
    const length = Math.min(SMALL_BYTES, file.size - at);
    return length <= 0 ? 0 : (await readAsync(bytes.fd, buffer, 0, length, bytes.start + at)).bytesRead;
  };
  let [current, next] = [Buffer.allocUnsafe(SMALL_BYTES), Buffer.allocUnsafe(SMALL_BYTES)];
  let reading = readAt(current, 0);
  try {
    for (let at = 0; at < file.size; ) {
      const count = await reading;
      if (count === 0) throw cutShort(file);
      at += count;
      reading = readAt(next, at);
      yield current.subarray(0, count);
      [current, next] = [next, current];
    }
  } finally {
    await Promise.allSettled([reading]); // nothing may read from a descriptor that is closed
    bytes.close();
  }
}

/** Up to `length` bytes from `at` of a file, for a sample. */
export function readSome(file: SourceFile, at: number, length: number): Uint8Array {
  const bytes = file.open();
  try {
    const buffer = Buffer.allocUnsafe(Math.min(length, file.size - at));
    return buffer.subarray(0, readSync(bytes.fd, buffer, 0, buffer.length, bytes.start + at));
  } finally {
    bytes.close();
  }
}

function cutShort(file: SourceFile): OpsError {
  return new OpsError("source", `${printable(file.path)} became shorter while it was packed`, {
    hint: "deploy what stands still: a finished build, or git:REF",
  });
}
