// IPv6: hosts that have nothing else, addresses written in more than one way, one listener for both families.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, createServer } from "node:net";
import { plainAddress } from "../../lib/peer/address.ts";
import { HANG_UP, listenInRange } from "../../lib/peer/listen.ts";
import { startTracker } from "../../lib/tracker/start.ts";
import { MiB, openRoom, type Room, rejection, until } from "./engine-support.ts";

let room: Room;
beforeAll(async () => {
  room = await openRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["FD77:0:0::0009", "fd77::9"],
  ["fe80::1%eth0", "fe80::1%eth0"],
  ["web1", "web1"],
])("%s is plainly %s", (given, plain) => {
  expect(plainAddress(given)).toBe(plain);
});

test("peers that know only IPv6 find each other, by the tracker as well", async () => {
  const { torrent, path } = await room.content({ bytes: 2 * MiB });
  const allow = (address: string) => address === "::1";
  await using tracker = await startTracker({ infohashes: [torrent.infohash], maxPeers: 3, allow });
  const common = { bind: undefined, allow, tracker: { url: tracker.url("::1"), address: "0:0:0:0:0:0:0:1" } };
  const seeder = await room.engine(torrent, "source", { ...common, folder: path, seed: true });
  const dialled = await room.engine(torrent, "dialled", { bind: undefined, allow });
  dialled.connect([{ address: "0:0::1", port: seeder.port }]);
  await until("the tracker knows the seeder", () => tracker.counts(torrent.infohash).seeders === 1);
  const announced = await room.engine(torrent, "announced", common);
  await Promise.all([dialled.complete, announced.complete]);
});

test("one listener takes both families, and no port that either holds", async () => {
  const from: string[] = [];
  const server = await listenInRange(
    {
      open: (socket) => {
        from.push(plainAddress(socket.remoteAddress));
        socket.terminate();
      },
      data: () => {},
    },
    { ports: undefined },
  );
  for (const host of ["127.0.0.1", "::1"]) connect({ host, port: server.port }).on("error", () => undefined);
  await until("both arrived", () => from.length === 2);
  expect(from.sort()).toEqual(["127.0.0.1", "::1"]);
  server.listener.stop(true);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const error = await rejection(listenInRange(HANG_UP, { ports: { from: port, to: port } }));
  expect([error.code, error.message]).toEqual(["port", `TCP port ${port} is taken`]);
  taken.close();
});
