// Pieces that come down stdin into a peer that takes part in a swarm.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Engine } from "../../lib/peer/engine.ts";
import { openStorage } from "../../lib/peer/storage.ts";
import type { Torrent } from "../../lib/torrent/types.ts";
import { verifyTorrent } from "../../lib/torrent/verify.ts";
import { addresses, MiB, openRoom, type Room, rejection, until } from "./engine-support.ts";

setDefaultTimeout(30_000);

let room: Room;
beforeAll(async () => {
  room = await openRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

/** What is written for these pieces. */
async function stream(torrent: Torrent, path: string, pieces: readonly number[]): Promise<Buffer> {
  await using storage = await openStorage(torrent, { folder: path, writable: false });
  const parts: Buffer[] = [];
  for (const piece of pieces) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(piece);
    parts.push(number, await storage.read(piece));
  }
  return Buffer.concat(parts);
}

/** Fed in parts of this size, as pipes cut them. */
async function feed({ fed }: Engine, bytes: Buffer, partBytes: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += partBytes) await fed.take(bytes.subarray(at, at + partBytes));
}

test.each([1 << 20, 65_537, 4099])(
  "two peers that are fed different halves (in parts of %p) end with all",
  async (part) => {
    const { torrent, path } = await room.content({ bytes: 4 * MiB, name: `source${part}` });
    const pieces = torrent.pieceHashes.length / 20;
    const names = [`one${part}`, `two${part}`];
    const [one, two] = await Promise.all(names.map((name) => room.engine(torrent, name)));
    if (one === undefined || two === undefined) throw new Error("no engines");
    const told: number[] = [];
    expect(one.fed.begun).toBe(false);
    // Before it is asked for, it is nobody's.
    await one.fed.take(Buffer.from("whatever"));
    expect(one.fed.begin((more) => told.push(...more))).toEqual([[0, pieces]]);
    expect(one.fed.begun).toBe(true);
    two.fed.begin(() => {});
    one.connect(addresses([two]));
    const all = Array.from({ length: pieces }, (_, piece) => piece);
    await Promise.all([
      feed(
        one,
        await stream(
          torrent,
          path,
          all.filter((piece) => piece % 2 === 0),
        ),
        part,
      ),
      feed(
        two,
        await stream(
          torrent,
          path,
          all.filter((piece) => piece % 2 === 1),
        ),
        part,
      ),
    ]);
    await Promise.all([one.complete, two.complete]);
    for (const name of names) expect(await verifyTorrent(torrent, join(room.folder, name))).toEqual([]);
    await until("all were told of", () => told.length === pieces);
    expect(told.toSorted((a, b) => a - b)).toEqual(all);
    expect(one.progress().downloadedBytes).toBe(torrent.totalBytes);
  },
);

test("a piece that is fetched from a peer at the same time counts once", async () => {
  const { torrent, path } = await room.content({ bytes: 8 * MiB, name: "both", pieceLength: MiB });
  const pieces = torrent.pieceHashes.length / 20;
  const seeder = await room.engine(torrent, "both", { folder: path, seed: true, maxUpload: 2 * MiB });
  const leecher = await room.engine(torrent, "both-leecher");
  leecher.connect(addresses([seeder]));
  await until("blocks are on their way", () => leecher.progress().downloadedBytes > 0);
  const told: number[] = [];
  leecher.fed.begin((more) => told.push(...more));
  const all = Array.from({ length: pieces }, (_, piece) => piece);
  const bytes = await stream(torrent, path, all);
  await feed(leecher, bytes, 300_000);
  await leecher.complete;
  expect(await verifyTorrent(torrent, join(room.folder, "both-leecher"))).toEqual([]);
  // Once more: all are here, and it says so.
  await feed(leecher, bytes, 300_000);
  await until("it said so", () => told.length >= 2 * pieces);
  expect(leecher.progress().verified).toBe(pieces);
});

test("other bytes than the torrent says end the peer, with a word", async () => {
  const { torrent, path } = await room.content({ bytes: MiB, name: "wrong" });
  const engine = await room.engine(torrent, "wrong-leecher");
  engine.fed.begin(() => {});
  const bytes = await stream(torrent, path, [2]);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await feed(engine, bytes, 100_000);
  expect(await rejection(engine.complete)).toMatchObject({
    code: "hash",
    message: "piece 2 arrived with other bytes than the torrent says",
  });
});
