// Parts of files that changed, from the release that has them into the payload's kept file.
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import type { BaseRelease, ChunkHome } from "./base-release.ts";
import type { PlacedChunk } from "./layout.ts";
import { openRegular } from "./place-file.ts";

/** More places than this aren't tried for one chunk: a chunk of zeros may have thousands. */
const MAX_HOMES = 4;

export interface CopyChunksOptions {
  readonly kept: string;
  readonly keptBytes: number;
  readonly pause: () => Promise<void>;
}

/**
 * Copies those of `chunks` that `release` has to their place in the file `kept`, which is made, sparse, for the first of
 * them. Each is hashed before it is written. @returns those that are there now
 */
export async function* copyChunks(
  release: BaseRelease,
  chunks: readonly PlacedChunk[],
  { kept, keptBytes, pause }: CopyChunksOptions,
): AsyncGenerator<PlacedChunk> {
  let buffer = Buffer.allocUnsafe(0);
  let target: number | undefined;
  let open: { readonly path: string; readonly fd: number | undefined } | undefined;
  const closeSource = () => {
    if (open?.fd !== undefined) closeSync(open.fd);
    open = undefined;
  };
  const sourceOf = (path: string): number | undefined => {
    if (open?.path === path) return open.fd;
    closeSource();
    open = { path, fd: openSource(release, path) };
    return open.fd;
  };
  /** The chunk's bytes as they are at `home`; undefined when they aren't those of the chunk. */
  const bytesAt = ({ path, offset }: ChunkHome, { length, sha256 }: PlacedChunk) => {
    const fd = sourceOf(path);
    if (fd === undefined) return undefined;
    if (buffer.length < length) buffer = Buffer.allocUnsafe(length);
    const bytes = buffer.subarray(0, readFully(fd, buffer, length, offset));
    if (bytes.length === length && Bun.CryptoHasher.hash("sha256", bytes, "hex") === sha256) return bytes;
    release.drifted.add(path);
    return undefined;
  };

  try {
    for (const chunk of chunks) {
      await pause();
      for (const home of release.homesOf(chunk.sha256).slice(0, MAX_HOMES)) {
        const bytes = bytesAt(home, chunk);
        if (bytes === undefined) continue;
        target ??= openKeptFile(kept, keptBytes);
        for (let at = 0; at < bytes.length; ) {
          at += writeSync(target, bytes, at, bytes.length - at, chunk.offset + at);
        }
        yield chunk;
        break;
      }
    }
  } finally {
    closeSource();
    if (target !== undefined) closeSync(target);
  }
}

function openSource(release: BaseRelease, path: string): number | undefined {
  const source = release.locate(path);
  if (source === undefined) return undefined;
  const fd = openRegular(source);
  if (typeof fd === "number" && fstatSync(fd).isFile()) return fd;
  if (typeof fd === "number") closeSync(fd);
  if (fd !== "unreadable") release.drifted.add(path);
  return undefined;
}

function openKeptFile(path: string, bytes: number): number {
  const fd = openSync(path, constants.O_CREAT | constants.O_NOFOLLOW | constants.O_RDWR, 0o644);
  if (fstatSync(fd).size < bytes) ftruncateSync(fd, bytes);
  return fd;
}

function readFully(fd: number, buffer: Uint8Array, length: number, offset: number): number {
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, buffer, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
