// A seeder that a whole fleet dials in the same second.
import { expect, test } from "bun:test";
import { connect as dial, type Socket } from "node:net";
import { verifyTorrent } from "../../lib/torrent/verify.ts";
import { addresses, LOOPBACK, MiB, openRoom, until } from "./engine-support.ts";

test("six hundred connections at once stop nobody: four peers among them get everything", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 8 * MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  let opened = 0;
  let ended = 0;
  const crowd: Socket[] = Array.from({ length: 600 }, () => {
    const socket = dial({ host: LOOPBACK, port: seeder.port });
    socket.on("connect", () => opened++);
    socket.on("error", () => {});
    socket.on("close", () => ended++);
    return socket;
  });
  const names = ["web1", "web2", "web3", "web4"];
  const peers = await Promise.all(names.map((name) => room.engine(torrent, name)));
  for (const peer of peers) peer.connect(addresses([seeder, ...peers.filter((other) => other !== peer)]));
  await Promise.all(peers.map((peer) => peer.complete));
  for (const name of names) expect(await verifyTorrent(torrent, `${room.folder}/${name}`)).toEqual([]);
  expect(opened).toBe(600);
  // Who says nothing is not kept.
  await until("the silent ones are let go", () => ended === 600, { withinMs: 60_000 });
  for (const socket of crowd) socket.destroy();
}, 120_000);
