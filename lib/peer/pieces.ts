// torrent-stream's store, over a Storage: remembers what became of every write, which torrent-stream doesn't ask.
import type { ChunkStore } from "torrent-stream";
import type { Torrent } from "../torrent/types.ts";
import type { Storage } from "./storage.ts";
import { CHECKED_MARKER } from "./stream.ts";

export interface PieceStore {
  readonly chunkStore: ChunkStore;
  /** Pieces on disk. */
  readonly flushed: number;
  /** Bytes taken over and not yet written. */
  readonly pendingBytes: number;
  /** From now on pieces are read from disk; until then torrent-stream asks what is there already. */
  begin(): void;
  /** Resolves when no write is under way. */
  settled(): Promise<void>;
}

export interface PieceStoreOptions {
  /** 1 for each piece that is right on disk. */
  readonly verified: Uint8Array;
  readonly onFlushed: () => void;
  readonly onFault: (error: unknown) => void;
  /** A piece that was checked once can't be read any more. */
  readonly onUnreadable: (error: unknown) => void;
}

/** Pieces kept in memory for uploads: a piece is asked for block by block. */
const CACHE_BYTES = 16 * 1024 * 1024;
const MIN_CACHED_PIECES = 2;
/** BEP 3 speaks of 16 KiB; beyond 128 KiB all implementations drop the connection. */
const MAX_REQUEST_BYTES = 128 * 1024;

export function openPieceStore(
  torrent: Torrent,
  storage: Storage,
  { verified, onFlushed, onFault, onUnreadable }: PieceStoreOptions,
): PieceStore {
  const cache = new Map<number, Promise<Buffer>>();
  const maxCached = Math.max(MIN_CACHED_PIECES, Math.floor(CACHE_BYTES / torrent.pieceLength));
  const waiting: (() => void)[] = [];
  let pending = 0;
  let pendingBytes = 0;
  let flushed = verified.reduce((sum, flag) => sum + flag, 0);
  let begun = false;

  function cached(index: number): Promise<Buffer> {
    const piece = cache.get(index) ?? storage.read(index);
    // Kept in order of use, so that the first is the least recently used.
    cache.delete(index);
    cache.set(index, piece);
    piece.catch(() => cache.delete(index));
    for (const oldest of cache.keys()) {
      if (cache.size <= maxCached) break;
      cache.delete(oldest);
    }
    return piece;
  }

  async function block(index: number, offset: number, length: number): Promise<Buffer> {
    const known = index >= 0 && index < verified.length;
    if (!known || length === 0 || length > MAX_REQUEST_BYTES || offset + length > storage.pieceBytes(index)) {
      throw new RangeError(`no block ${offset}+${length} in piece ${index}`);
    }
    return (await cached(index)).subarray(offset, offset + length);
  }

  const chunkStore: ChunkStore = {
    get: (index, range, callback) => {
      if (!begun) {
        // Later than now: torrent-stream asks for the next piece from within the answer.
        setImmediate(() =>
          verified[index] === 1 ? callback(null, CHECKED_MARKER) : callback(new Error("not here yet")),
        );
      } else if (range) {
        block(index, range.offset, range.length).then(
          (bytes) => callback(null, bytes),
          (error: Error) => {
            callback(error);
            if (!(error instanceof RangeError)) onUnreadable(error);
          },
        );
      } else callback(new Error("whole pieces are not read through here"));
    },
    put: (index, bytes, callback) => {
      pending++;
      pendingBytes += bytes.length;
      storage
        .write(index, bytes)
        .then(
          () => {
            flushed++;
            callback();
          },
          (error: Error) => {
            onFault(error);
            callback(error);
          },
        )
        .finally(() => {
          pending--;
          pendingBytes -= bytes.length;
          onFlushed();
          if (pending === 0) for (const resolve of waiting.splice(0)) resolve();
        });
    },
    close: (callback) => callback?.(),
    destroy: (callback) => callback?.(),
  };

  return {
    chunkStore,
    get flushed() {
      return flushed;
    },
    get pendingBytes() {
      return pendingBytes;
    },
    begin: () => {
      begun = true;
    },
    settled: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
