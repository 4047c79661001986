import { expect, test } from "bun:test";
import { addresses, MiB, openRoom } from "./engine-support.ts";

test.each([
  ["upload", { maxUpload: 2e6 }, {}],
  ["download", {}, { maxDownload: 2e6 }],
] as const)("a bound to %s holds within 5 %%", async (_what, ofSeeder, ofLeecher) => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 3 * MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true, ...ofSeeder });
  const leecher = await room.engine(torrent, "web1", ofLeecher);
  const startedAtMs = performance.now();
  leecher.connect(addresses([seeder]));
  await leecher.complete;
  const rate = torrent.totalBytes / ((performance.now() - startedAtMs) / 1000);
  expect(rate).toBeLessThan(2e6 * 1.05);
  expect(rate).toBeGreaterThan(2e6 * 0.95);
});

test("one bound is for all wires together", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 2 * MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true, maxUpload: 2e6 });
  // Neither knows of the other, so the seeder gives two copies.
  const leechers = [await room.engine(torrent, "web1"), await room.engine(torrent, "web2")];
  const startedAtMs = performance.now();
  for (const leecher of leechers) leecher.connect(addresses([seeder]));
  await Promise.all(leechers.map(({ complete }) => complete));
  const rate = seeder.progress().uploadedBytes / ((performance.now() - startedAtMs) / 1000);
  expect(rate).toBeLessThan(2e6 * 1.05);
  expect(rate).toBeGreaterThan(2e6 * 0.9);
});
