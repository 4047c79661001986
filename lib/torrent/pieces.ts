// Files on disk, seen as the one run of bytes a torrent cuts into pieces.
import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";
import { startSlices } from "./slice.ts";

const readAsync = promisify(read);
const CHUNK_BYTES = 1024 * 1024;

export interface DiskFile {
  /** Where it is on this machine. */
  readonly path: string;
  /** Bytes it ought to have. */
  readonly length: number;
}

/** A read file's bytes (valid until the next chunk is asked for), or bytes that could not be read. */
type Chunk = { readonly bytes: Uint8Array } | { readonly missing: number; readonly cause: unknown };

/**
 * Reads `files` back to back and calls `take` with every piece's SHA-1, in order: the digest, or undefined and the
 * cause when some of the piece's bytes could not be read.
 */
export async function hashPieces(
  files: readonly DiskFile[],
  pieceLength: number,
  take: (index: number, digest: Uint8Array | undefined, cause: unknown) => void,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  let index = 0;
  let filled = 0;
  let hasher = new Bun.CryptoHasher("sha1");
  let hole: { readonly cause: unknown } | undefined;
  const finish = () => {
    take(index++, hole === undefined ? hasher.digest() : undefined, hole?.cause);
    hasher = new Bun.CryptoHasher("sha1");
    hole = undefined;
    filled = 0;
  };
  const pause = startSlices({ signal });
  for await (const chunk of readChunks(files)) {
    await pause();
    const length = "bytes" in chunk ? chunk.bytes.length : chunk.missing;
    for (let at = 0; at < length; ) {
      const end = Math.min(length, at + pieceLength - filled);
      if ("bytes" in chunk) hasher.update(chunk.bytes.subarray(at, end));
      else hole ??= { cause: chunk.cause };
      filled += end - at;
      at = end;
      if (filled === pieceLength) finish();
    }
  }
  if (filled > 0) finish();
}

async function* readChunks(files: readonly DiskFile[]): AsyncGenerator<Chunk> {
  const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
  for (const file of files) {
    let fd: number;
    try {
      // Non-blocking, so that a fifo in a file's place can't hang us.
      fd = openSync(file.path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (cause) {
      yield { missing: file.length, cause };
      continue;
    }
    try {
      if (!fstatSync(fd).isFile()) {
        yield { missing: file.length, cause: new Error(`${file.path}: not a file`) };
      } else if (file.length <= CHUNK_BYTES) {
        yield* readSmall(fd, file, buffers[0]);
      } else {
        yield* readLarge(fd, file, buffers);
      }
    } finally {
      closeSync(fd);
    }
  }
}

// One call for a small file: 20,000 trips to the thread pool would cost more than the reading.
function* readSmall(fd: number, file: DiskFile, buffer: Buffer): Generator<Chunk> {
  let filled = 0;
  let cause: unknown = tooShort(file);
  try {
    while (filled < file.length) {
      const count = readSync(fd, buffer, filled, file.length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
  } catch (error) {
    cause = error;
  }
  yield { bytes: buffer.subarray(0, filled) };
  if (filled < file.length) yield { missing: file.length - filled, cause };
}

// Two buffers: the next read runs while the caller hashes.
async function* readLarge(
  fd: number,
  file: DiskFile,
  buffers: readonly [Buffer, Buffer],
): AsyncGenerator<Chunk> {
  const readAt = async (buffer: Buffer, from: number) => {
    if (from >= file.length) return { count: 0, cause: undefined };
    try {
      const { bytesRead } = await readAsync(fd, buffer, 0, Math.min(CHUNK_BYTES, file.length - from), from);
      return { count: bytesRead, cause: bytesRead === 0 ? tooShort(file) : undefined };
    } catch (cause) {
      return { count: 0, cause };
    }
  };
  let [current, next] = buffers;
  let at = 0;
  let reading = readAt(current, 0);
  try {
    while (at < file.length) {
      const { count, cause } = await reading;
      at += count;
      if (count === 0) {
        yield { missing: file.length - at, cause };
        return;
      }
      reading = readAt(next, at);
      yield { bytes: current.subarray(0, count) };
      [current, next] = [next, current];
    }
  } finally {
    await reading; // the caller closes the descriptor: nothing may be reading from it then
  }
}

function tooShort(file: DiskFile): Error {
  return new Error(`${file.path}: shorter than ${file.length} bytes`);
}
