// Pieces on their way to disk and back: written, hashed again from the file, read for uploads.
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";
import { bitfieldOf } from "./bitfield.ts";
import type { Buffers } from "./buffers.ts";
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

/** Pieces kept in memory for uploads: a piece is asked for block by block, by several peers at about the same time. */
const CACHE_BYTES = 16 * 1024 * 1024;
const MIN_CACHED_PIECES = 2;
/** BEP 3 speaks of 16 KiB; beyond 128 KiB all implementations drop the connection. */
const MAX_REQUEST_BYTES = 128 * 1024;

export function openPieceStore(
  torrent: Torrent,
  storage: Storage,
  { buffers, verified, onFlushed, onFault, onUnreadable }: PieceStoreOptions,
): PieceStore {
  const here = verified.slice();
  /** Pieces, or their reading. */
  const cache = new Map<number, Buffer | Promise<Buffer>>();
  const maxCached = Math.max(MIN_CACHED_PIECES, Math.floor(CACHE_BYTES / torrent.pieceLength));
  const waiting: (() => void)[] = [];
  const writing = new Set<number>();
  let pendingBytes = 0;
  let flushed = verified.reduce((sum, flag) => sum + flag, 0);

  function keep(index: number, piece: Buffer | Promise<Buffer>): void {
    // Kept in order of use, so that the first is the least recently used.
    cache.delete(index);
    cache.set(index, piece);
    for (const [oldest, old] of cache) {
      if (cache.size <= maxCached) break;
      cache.delete(oldest);
      if (!(old instanceof Promise)) release(oldest, old);
    }
  }

  /** Memory of a piece that is neither kept nor being written can be used again. */
  function release(index: number, bytes: Buffer): void {
    if (!writing.has(index) && !cache.has(index)) buffers.give(bytes);
  }

  function load(index: number): Promise<Buffer> {
    const reading = storage.read(index, buffers.take(storage.pieceBytes(index)));
    reading.then(
      (bytes) => cache.get(index) === reading && cache.set(index, bytes),
      () => cache.delete(index),
    );
    return reading;
  }

  async function write(index: number, bytes: Buffer): Promise<void> {
    writing.add(index);
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
      release(index, bytes);
      onFlushed();
      if (writing.size === 0) for (const resolve of waiting.splice(0)) resolve();
    }
  }

  return {
    put: (index, bytes) => {
      here[index] = 1;
      keep(index, bytes);
      void write(index, bytes);
    },
    read: (index, range, callback) => {
      const { offset, length } = range ?? { offset: 0, length: 0 };
      const known = here[index] === 1 && length > 0 && length <= MAX_REQUEST_BYTES;
      if (!known || offset + length > storage.pieceBytes(index))
        return callback(new RangeError(`no block ${offset}+${length} in piece ${index}`));
      const piece = cache.get(index) ?? load(index);
      keep(index, piece);
      if (!(piece instanceof Promise)) return callback(null, piece.subarray(offset, offset + length));
      piece.then(
        (bytes) => callback(null, bytes.subarray(offset, offset + length)),
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
