// Pieces on their way to disk and back: written, hashed again from the file, read for uploads.
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";
import { bitfieldOf } from "./bitfield.ts";
import { type Buffers, openBuffers } from "./buffers.ts";
import { isRight } from "./check.ts";
import type { Storage } from "./storage.ts";
import type { ReadBlock } from "./upload.ts";

export interface PieceStore {
  /** Takes over a piece whose hash matched; it can be read from now on. */
  put(index: number, bytes: Buffer): void;
  readonly read: ReadBlock;
  /** Whether a piece is here. */
  holds(index: number): boolean;
  /** One bit a piece, as BEP 3's bitfield. */
  bitfield(): Buffer;
  /** Pieces on disk, hashed again from there. */
  readonly flushed: number;
  /** Bytes taken over and not yet written. */
  readonly pendingBytes: number;
  /** Resolves when no write is under way. */
  settled(): Promise<void>;
}

export interface PieceStoreOptions {
  /** Where memory of pieces comes from and goes to. */
  readonly buffers: Buffers;
  /** 1 for each piece that is right on disk. */
  readonly verified: Uint8Array;
  readonly onFlushed: () => void;
  readonly onFault: (error: unknown) => void;
  /** A piece that was checked once can't be read any more. */
  readonly onUnreadable: (error: unknown) => void;
}

/** What uploads read at a time, and how much of that is kept: a part of a piece is asked for block by block, by several. */
const PART_BYTES = 256 * 1024;
const CACHE_BYTES = 8 * 1024 * 1024;
/** BEP 3 speaks of 16 KiB; beyond 128 KiB all implementations drop the connection. */
const MAX_REQUEST_BYTES = 128 * 1024;

export function openPieceStore(
  torrent: Torrent,
  storage: Storage,
  { buffers, verified, onFlushed, onFault, onUnreadable }: PieceStoreOptions,
): PieceStore {
  const here = verified.slice();
  /** Parts of pieces, by where they begin in the torrent, or their reading. */
  const cache = new Map<number, Buffer | Promise<Buffer>>();
  const { pieceLength } = torrent;
  const partBytes = Math.min(PART_BYTES, pieceLength);
  const maxCached = Math.floor(CACHE_BYTES / partBytes);
  const parts = partBytes === pieceLength ? buffers : openBuffers(partBytes, maxCached);
  /** Pieces on their way to the disk. */
  const writing = new Map<number, Buffer>();
  const waiting: (() => void)[] = [];
  let pendingBytes = 0;
  let flushed = verified.reduce((sum, flag) => sum + flag, 0);

  /** Keeps a part, and forgets what was not asked for the longest. */
  function keep(key: number, part: Buffer | Promise<Buffer>): void {
    // In order of use, so that the first is the least recently used.
    cache.delete(key);
    cache.set(key, part);
    for (const [oldest, old] of cache) {
      if (cache.size <= maxCached) break;
      cache.delete(oldest);
      // Not yet: those who waited for it are told one after the other.
      if (!(old instanceof Promise)) setImmediate(() => parts.give(old));
    }
  }

  function load(index: number, offset: number, key: number): Promise<Buffer> {
    const length = Math.min(partBytes, storage.pieceBytes(index) - offset);
    const reading = storage.read(index, parts.take(length), offset);
    reading.then(
      (bytes) => cache.get(key) === reading && cache.set(key, bytes),
      () => cache.delete(key),
    );
    return reading;
  }

  async function write(index: number, bytes: Buffer): Promise<void> {
    writing.set(index, bytes);
    pendingBytes += bytes.length;
    try {
      await storage.write(index, bytes);
      if (!(await isRight(torrent, storage, index))) {
        const message = `${storage.folder}: piece ${index} came back from the disk changed`;
        throw new OpsError("hash", message, { hint: "check that disk" });
      }
      flushed++;
    } catch (error) {
      onFault(error);
    } finally {
      writing.delete(index);
      pendingBytes -= bytes.length;
      if (bytes.length <= partBytes) keep(index * pieceLength, bytes);
      else buffers.give(bytes);
      onFlushed();
      if (writing.size === 0) for (const resolve of waiting.splice(0)) resolve();
    }
  }

  /** A block, or the reading of it. */
  function block(index: number, offset: number, length: number): Buffer | Promise<Buffer> {
    const fresh = writing.get(index);
    if (fresh !== undefined) return fresh.subarray(offset, offset + length);
    const from = offset % partBytes;
    // Of another client that cuts blocks its own way.
    if (from + length > partBytes) return storage.read(index, Buffer.allocUnsafe(length), offset);
    const begin = offset - from;
    const key = index * pieceLength + begin;
    const part = cache.get(key) ?? load(index, begin, key);
    keep(key, part);
    if (!(part instanceof Promise)) return part.subarray(from, from + length);
    return part.then((bytes) => bytes.subarray(from, from + length));
  }

  return {
    put: (index, bytes) => {
      here[index] = 1;
      void write(index, bytes);
    },
    read: (index, range, callback) => {
      const { offset, length } = range ?? { offset: 0, length: 0 };
      const known = here[index] === 1 && length > 0 && length <= MAX_REQUEST_BYTES;
      if (!known || offset + length > storage.pieceBytes(index))
        return callback(new RangeError(`no block ${offset}+${length} in piece ${index}`));
      const found = block(index, offset, length);
      if (!(found instanceof Promise)) return callback(null, found);
      found.then(
        (bytes) => callback(null, bytes),
        (error: Error) => {
          callback(error);
          onUnreadable(error);
        },
      );
    },
    holds: (index) => here[index] === 1,
    bitfield: () => bitfieldOf(here),
    get flushed() {
      return flushed;
    },
    get pendingBytes() {
      return pendingBytes;
    },
    settled: () => (writing.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
