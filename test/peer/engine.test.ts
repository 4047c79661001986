import { expect, test } from "bun:test";
import { cp, readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { verifyTorrent } from "../../lib/torrent/verify.ts";
import { addresses, MiB, openRoom, until } from "./engine-support.ts";

test("four leechers get 16 MiB from one seeder and from each other", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 16 * MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  const names = ["web1", "web2", "web3", "web4"];
  const leechers = await Promise.all(names.map((name) => room.engine(torrent, name)));
  const startedAtMs = performance.now();
  for (const leecher of leechers) leecher.connect(addresses([seeder, ...leechers]));
  await until(
    "every leecher has a piece",
    () => leechers.every((leecher) => leecher.progress().verified > 0),
    { withinMs: 5000 },
  );
  expect(performance.now() - startedAtMs).toBeLessThan(1000);
  await Promise.all(leechers.map(({ complete }) => complete));
  const seconds = (performance.now() - startedAtMs) / 1000;
  const copies = seeder.progress().uploadedBytes / torrent.totalBytes;
  console.info(
    `1 → 4: ${((4 * torrent.totalBytes) / 1e6 / seconds).toFixed(0)} MB/s in all, ${copies.toFixed(2)} copies uploaded`,
  );
  expect(copies).toBeLessThan(2);
  for (const [index, name] of names.entries()) {
    expect(await verifyTorrent(torrent, join(room.folder, name))).toEqual([]);
    expect((await readdir(join(room.folder, name))).sort()).toEqual(["deep", "large.bin"]);
    const { verified, flushed, pieces } = leechers[index]?.progress() ?? {};
    expect([verified, flushed]).toEqual([pieces, pieces]);
  }
});

test("one pair is quick", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 32 * MiB, pieceLength: MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true, trustContent: true });
  const leecher = await room.engine(torrent, "web1");
  const startedAtMs = performance.now();
  leecher.connect(addresses([seeder]));
  await leecher.complete;
  const seconds = (performance.now() - startedAtMs) / 1000;
  console.info(`1 → 1: ${(torrent.totalBytes / 1e6 / seconds).toFixed(0)} MB/s, hashed again from disk`);
  expect(seconds).toBeLessThan(5);
  expect(leecher.progress().downloadedBytes).toBe(torrent.totalBytes);
});

test("pieces that are right on disk are kept, wrong ones are fetched", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 4 * MiB });
  const folder = join(room.folder, "web1");
  await cp(path, folder, { recursive: true });
  await truncate(join(folder, "large.bin"), MiB);
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  const leecher = await room.engine(torrent, "web1");
  const { verified, pieces, flushed } = leecher.progress();
  expect(pieces).toBe(16);
  expect([verified, flushed]).toEqual([4, 4]);
  leecher.connect(addresses([seeder]));
  await leecher.complete;
  expect(leecher.progress().downloadedBytes).toBe(torrent.totalBytes - 4 * torrent.pieceLength);
  expect(await verifyTorrent(torrent, folder)).toEqual([]);
});

test("what is complete on disk is complete at once, and can be seeded from", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 2 * MiB });
  await cp(path, join(room.folder, "web1"), { recursive: true });
  const whole = await room.engine(torrent, "web1");
  await whole.complete;
  const leecher = await room.engine(torrent, "web2");
  leecher.connect(addresses([whole]));
  await leecher.complete;
  expect(whole.progress().uploadedBytes).toBe(torrent.totalBytes);
});

test("pieces smaller than a block, files smaller than a piece, empty files", async () => {
  await using room = await openRoom();
  const path = join(room.folder, "source");
  for (let index = 0; index < 300; index++)
    await Bun.write(join(path, `d${index % 7}`, `f${index}`), "x".repeat((index * 37) % 900));
  const { createTorrent } = await import("../../lib/torrent/create.ts");
  const torrent = await createTorrent(path, { pieceLength: 16 * 1024 });
  const seeder = await room.engine(torrent, "source", { seed: true });
  const leecher = await room.engine(torrent, "web1");
  leecher.connect(addresses([seeder]));
  await leecher.complete;
  for (const file of torrent.files) {
    expect(await Bun.file(join(room.folder, "web1", file.path)).bytes()).toEqual(
      await Bun.file(join(path, file.path)).bytes(),
    );
  }
});

test("two that dial each other keep one connection, and part when both hold everything", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 2 * MiB });
  const other = await room.content({ bytes: MiB, name: "other" });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  // Nobody has the other torrent, so its leechers stay connected.
  const [one, two] = await Promise.all([
    room.engine(other.torrent, "one"),
    room.engine(other.torrent, "two"),
  ]);
  one.connect(addresses([two, one]));
  two.connect(addresses([one, two]));
  await until("they are connected", () => one.progress().peers > 0 && two.progress().peers > 0);
  const leecher = await room.engine(torrent, "web1");
  leecher.connect(addresses([seeder]));
  seeder.connect(addresses([leecher]));
  await leecher.complete;
  await until("both have parted", () => leecher.progress().peers === 0 && seeder.progress().peers === 0);
  expect([one.progress().peers, two.progress().peers]).toEqual([1, 1]);
});
