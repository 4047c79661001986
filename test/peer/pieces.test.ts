import { afterEach, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openBuffers } from "../../lib/peer/buffers.ts";
import { openPieceStore, type PieceStore } from "../../lib/peer/pieces.ts";
import { openStorage } from "../../lib/peer/storage.ts";
import type { Torrent } from "../../lib/torrent/types.ts";
import { MiB, openRoom, type Room } from "./engine-support.ts";

const KiB = 1024;
let room: Room | undefined;

afterEach(() => room?.[Symbol.asyncDispose]());

/** A store over content whose last piece is a short one; `bytes` is all of it, `here` says which pieces are there. */
async function storeOf({ pieceLength, bytes, here }: { pieceLength: number; bytes: number; here: 0 | 1 }) {
  room = await openRoom();
  const { torrent, path } = await room.content({ bytes, pieceLength });
  const folder = here === 1 ? path : join(room.folder, "copy");
  const storage = await openStorage(torrent, { folder, writable: here === 0 });
  const faults: unknown[] = [];
  const store = openPieceStore(torrent, storage, {
    buffers: openBuffers(pieceLength, 4),
    verified: new Uint8Array(torrent.pieceHashes.length / 20).fill(here),
    onFlushed: () => undefined,
    onFault: (error) => faults.push(error),
    onUnreadable: (error) => faults.push(error),
  });
  const content = Buffer.concat(
    await Promise.all(torrent.files.map((file) => readFile(join(path, file.path)))),
  );
  return { torrent, storage, store, content, faults };
}

function read(store: PieceStore, index: number, offset: number, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    // A copy, as a wire takes one: the memory is the store's.
    store.read(index, { offset, length }, (error, block) =>
      block ? resolve(Buffer.from(block)) : reject(error),
    ),
  );
}

/** Every block of every piece, asked for in one go. */
function readAll(
  store: PieceStore,
  { totalBytes, pieceLength }: Torrent,
  blockBytes: number,
): Promise<Buffer> {
  const blocks: Promise<Buffer>[] = [];
  for (let piece = 0; piece * pieceLength < totalBytes; piece++) {
    const pieceBytes = Math.min(pieceLength, totalBytes - piece * pieceLength);
    for (let at = 0; at < pieceBytes; at += blockBytes)
      blocks.push(read(store, piece, at, Math.min(blockBytes, pieceBytes - at)));
  }
  return Promise.all(blocks).then(Buffer.concat);
}

// More than is kept in memory, in pieces larger and smaller than what is read at a time; 20,000 divides neither.
for (const pieceLength of [64 * KiB, MiB])
  for (const blockBytes of [16 * KiB, 20_000])
    test(`every block of pieces of ${pieceLength / KiB} KiB is read right, ${blockBytes} bytes at a time`, async () => {
      const { torrent, storage, store, content, faults } = await storeOf({
        pieceLength,
        bytes: 12 * MiB + 77_777,
        here: 1,
      });
      await using _storage = storage;
      for (let round = 0; round < 2; round++)
        expect((await readAll(store, torrent, blockBytes)).equals(content)).toBe(true);
      expect(faults).toEqual([]);
    });

for (const pieceLength of [64 * KiB, MiB])
  test(`a piece of ${pieceLength / KiB} KiB can be read while it is written, and after`, async () => {
    const { torrent, storage, store, content, faults } = await storeOf({
      pieceLength,
      bytes: 2 * MiB,
      here: 0,
    });
    await using _storage = storage;
    await expect(read(store, 1, 0, 16 * KiB)).rejects.toThrow("no block 0+16384 in piece 1");
    for (let piece = 0; piece * pieceLength < torrent.totalBytes; piece++)
      store.put(piece, Buffer.from(content.subarray(piece * pieceLength, (piece + 1) * pieceLength)));
    expect(store.flushed).toBe(0);
    expect((await readAll(store, torrent, 16 * KiB)).equals(content)).toBe(true);
    await store.settled();
    expect([store.flushed, store.pendingBytes, faults]).toEqual([torrent.pieceHashes.length / 20, 0, []]);
    expect((await readAll(store, torrent, 16 * KiB)).equals(content)).toBe(true);
  });

test("what lies outside of a piece, or is longer than any client asks for, is refused", async () => {
  const { storage, store } = await storeOf({ pieceLength: MiB, bytes: 2 * MiB, here: 1 });
  await using _storage = storage;
  await expect(read(store, 1, MiB - 100, 101)).rejects.toThrow(RangeError);
  await expect(read(store, 0, 0, 128 * KiB + 1)).rejects.toThrow(RangeError);
  expect((await read(store, 0, 200 * KiB, 128 * KiB)).length).toBe(128 * KiB);
});
