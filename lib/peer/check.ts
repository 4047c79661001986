// Which pieces on disk are right.
import type { Torrent } from "../torrent/types.ts";
import { openBuffers } from "./buffers.ts";
import type { Storage } from "./storage.ts";

/** Pieces in the works at a time: the file is read while other threads hash. */
const AT_ONCE = 4;

/**
 * One flag a piece: 1 where the bytes on disk have the piece's hash, or were checked in another way. Pieces that can't be read count as wrong:
 * a file that is too short lacks them.
 * @throws the signal's reason
 */
export async function checkPieces(
  torrent: Torrent,
  storage: Storage,
  {
    only = () => true,
    signal,
  }: { readonly only?: (index: number) => boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  const right = new Uint8Array(torrent.pieceHashes.length / 20);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < right.length; index = next++) {
      signal?.throwIfAborted();
      const good = storage.covers(index) || (only(index) && (await isRight(torrent, storage, index)));
      if (good) right[index] = 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return right;
}

/** Memory that pieces on disk are looked at through. */
const PART_BYTES = 1024 * 1024;
const parts = openBuffers(PART_BYTES, AT_ONCE);

/** Whether the piece on disk has its hash. */
export async function isRight(torrent: Torrent, storage: Storage, index: number): Promise<boolean> {
  const hasher = new Bun.CryptoHasher("sha1");
  const part = parts.take(PART_BYTES);
  const total = storage.pieceBytes(index);
  try {
    for (let offset = 0; offset < total; offset += PART_BYTES) {
      const room = part.subarray(0, Math.min(PART_BYTES, total - offset));
      const bytes = await storage.read(index, room, offset).catch(() => undefined);
      if (bytes === undefined) return false;
      hasher.update(bytes);
    }
  } finally {
    parts.give(part);
  }
  return hasher.digest().equals(hashOf(torrent, index));
}

/** Whether these bytes are the piece. At 1.8 GB/s (SHA-NI) no thread is worth the way there and back. */
export function hasHash(torrent: Torrent, index: number, bytes: Uint8Array): boolean {
  return Buffer.from(Bun.SHA1.hash(bytes).buffer).equals(hashOf(torrent, index));
}

function hashOf({ pieceHashes }: Torrent, index: number): Uint8Array {
  return pieceHashes.subarray(index * 20, index * 20 + 20);
}
