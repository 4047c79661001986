// A swarm as a deploy's peer takes part in it: what it says when nothing comes.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { startDownload } from "../../lib/peer/download.ts";
import { LOOPBACK, MiB, openRoom, type Room, rejection } from "./engine-support.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

test("hosts that reach each other but not the control host say what to open, and keep the payload to themselves", async () => {
  const { torrent } = await room.content({ bytes: MiB });
  const start = (name: string) =>
    startDownload(
      {
        torrent: Buffer.from(torrent.metainfo).toString("base64"),
        folder: join(room.folder, name),
        seed: false,
        ports: { from: 20_000, to: 29_999 },
        allow: ["127.0.0.1"],
        tracker: undefined,
      },
      { signal: new AbortController().signal, report: () => {}, stallMs: 1000 },
    );
  await using one = await start("new/place/one");
  const modeOf = async (path: string) => (await stat(join(room.folder, path))).mode & 0o777;
  // The payload is nobody else's to read; folders on the way to it are as `mkdir -p` makes them.
  expect([await modeOf("new/place/one"), await modeOf("new/place")]).toEqual([
    0o700,
    0o777 & ~process.umask(),
  ]);
  await using other = await start("other");
  one.connect([{ address: LOOPBACK, port: other.port }]);
  const error = await rejection(one.complete);
  expect(error).toMatchObject({
    code: "timeout",
    message: "no data for 1 s, with 0 of 4 pieces and 1 peer connected",
    hint: expect.stringContaining("open TCP ports 20000-29999 (rookery_ports)"),
  });
  const alone = await rejection(other.complete);
  expect(alone.message).toMatch(/^no data for 1 s, with 0 of 4 pieces and (1 peer|no peer) connected$/);
});
