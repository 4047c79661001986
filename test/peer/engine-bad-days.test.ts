import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { createServer, connect as dial, type Socket } from "node:net";
import { join } from "node:path";
import type { Engine } from "../../lib/peer/engine.ts";
import type { Torrent } from "../../lib/torrent/types.ts";
import { verifyTorrent } from "../../lib/torrent/verify.ts";
import { addresses, LOOPBACK, MiB, openRoom, type Room, rejection, until } from "./engine-support.ts";

/** A folder that holds `mib` MiB and not a byte more. */
async function tinyDisk(room: Room, mib: number): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(room.folder, `disk${mib}`);
  await mkdir(path);
  await Bun.$`mount -t tmpfs -o size=${mib}m tmpfs ${path}`.quiet();
  return { path, [Symbol.asyncDispose]: async () => void (await Bun.$`umount ${path}`.quiet()) };
}

function handshake(infohash: string): Buffer {
  return Buffer.concat([
    Buffer.from("\x13BitTorrent protocol"),
    Buffer.alloc(8),
    Buffer.from(infohash, "hex"),
    Buffer.alloc(20, "x"),
  ]);
}

/** A message that asks for a block, or takes that back. */
function request(piece: number, offset: number, length: number, { cancel = false } = {}): Buffer {
  const message = Buffer.alloc(17);
  message.writeUInt32BE(13, 0);
  message[4] = cancel ? 8 : 6;
  message.writeUInt32BE(piece, 5);
  message.writeUInt32BE(offset, 9);
  message.writeUInt32BE(length, 13);
  return message;
}

/** A bare connection to `engine` that it has greeted, unchoked, and has nothing more to tell. */
async function unchoked(engine: Engine, torrent: Torrent): Promise<{ socket: Socket; received(): number }> {
  const socket = dial({ host: LOOPBACK, port: engine.port });
  let seen = Buffer.alloc(0);
  socket.on("data", (data) => {
    seen = Buffer.concat([seen, data]);
  });
  socket.on("error", () => {});
  socket.write(Buffer.concat([handshake(torrent.infohash), Buffer.from([0, 0, 0, 1, 2])]));
  await until(
    "it greets and unchokes",
    () => seen.length > 68 && seen.subarray(68).includes(Buffer.from([0, 0, 0, 1, 1])),
  );
  return { socket, received: () => seen.length };
}

test("no room on the disk is said before anything is fetched", async () => {
  await using room = await openRoom();
  await using disk = await tinyDisk(room, 4);
  const { torrent } = await room.content({ bytes: 16 * MiB });
  const error = await rejection(room.engine(torrent, "web1", { folder: join(disk.path, "incoming") }));
  expect(error.code).toBe("disk-full");
  expect(error.message).toContain(`${torrent.totalBytes}`);
  expect(error.message).toContain(join(disk.path, "incoming"));
});

test("a disk that fills up meanwhile ends the download with disk-full", async () => {
  await using room = await openRoom();
  await using disk = await tinyDisk(room, 10);
  const { torrent, path } = await room.content({ bytes: 8 * MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  const leecher = await room.engine(torrent, "web1", { folder: disk.path });
  await Bun.write(join(disk.path, "log of somebody else"), new Uint8Array(6 * MiB));
  leecher.connect(addresses([seeder]));
  const error = await rejection(leecher.complete);
  expect(error.code).toBe("disk-full");
  expect(error.message).toContain(disk.path);
  await leecher[Symbol.asyncDispose]();
  await until("it has left the swarm", () => seeder.progress().peers === 0);
});

test("a seeder with corrupt content is found out, and the good one suffices", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 8 * MiB });
  const corrupt = join(room.folder, "corrupt");
  for (const file of torrent.files) await Bun.write(join(corrupt, file.path), new Uint8Array(file.length));
  const liar = await room.engine(torrent, "corrupt", { seed: true, trustContent: true });
  const leecher = await room.engine(torrent, "web1");
  leecher.connect(addresses([liar]));
  await until(
    "a piece failed its hash",
    () => leecher.progress().note?.includes("failed their hash") === true,
  );
  await until("it was shut out", () => leecher.progress().peers === 0);
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  leecher.connect(addresses([liar, seeder]));
  await leecher.complete;
  expect(await verifyTorrent(torrent, join(room.folder, "web1"))).toEqual([]);
});

test("both at once: corrupt and good", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 8 * MiB });
  for (const file of torrent.files)
    await Bun.write(join(room.folder, "corrupt", file.path), new Uint8Array(file.length));
  const liar = await room.engine(torrent, "corrupt", { seed: true, trustContent: true });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  const leechers = await Promise.all(["web1", "web2"].map((name) => room.engine(torrent, name)));
  for (const leecher of leechers) leecher.connect(addresses([liar, seeder, ...leechers]));
  await Promise.all(leechers.map(({ complete }) => complete));
  for (const name of ["web1", "web2"])
    expect(await verifyTorrent(torrent, join(room.folder, name))).toEqual([]);
});

test("a seed whose content isn't the torrent's doesn't start", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: MiB });
  await Bun.write(join(path, "large.bin"), "something else");
  const error = await rejection(room.engine(torrent, "source", { folder: path, seed: true }));
  expect(error.code).toBe("hash");
});

test("a stranger gets no byte, and is not dialled", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true, bind: "0.0.0.0" });
  const hello = handshake(torrent.infohash);
  const received = async (localAddress: string, enough: number) => {
    const socket = dial({ host: LOOPBACK, port: seeder.port, localAddress });
    let bytes = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.on("data", (data) => {
      bytes += data.length;
      if (bytes >= enough) socket.destroy();
    });
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
    socket.write(hello);
    await promise;
    return bytes;
  };
  expect(await received("127.0.0.2", 1)).toBe(0);
  expect(await received(LOOPBACK, 68)).toBeGreaterThanOrEqual(68);

  let dialled = 0;
  const stranger = createServer((socket) => {
    dialled++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.2", resolve));
  const { port } = stranger.address() as { port: number };
  const leecher = await room.engine(torrent, "web1");
  leecher.connect([{ address: "127.0.0.2", port }, ...addresses([seeder])]);
  await leecher.complete;
  expect(dialled).toBe(0);
  stranger.close();
});

test("a range without a free port is a port error; with one, that is taken", async () => {
  await using room = await openRoom();
  const { torrent } = await room.content({ bytes: MiB });
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, LOOPBACK, resolve));
  const { port } = taken.address() as { port: number };
  const error = await rejection(room.engine(torrent, "web1", { ports: { from: port, to: port } }));
  expect(error.code).toBe("port");
  expect(error.message).toContain(`${port}`);
  const engine = await room.engine(torrent, "web1", { ports: { from: port, to: port + 20 } });
  expect(engine.port).toBeGreaterThan(port);
  taken.close();
});

test("requests out of range or too long are not answered, the right one is", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  const { socket, received } = await unchoked(seeder, torrent);
  const before = received();
  socket.write(
    Buffer.concat([
      request(4, 0, 16_384),
      request(99, 0, 16_384),
      request(0, 262_144, 1),
      request(0, 0, 0),
      request(0, 0, 200_000),
      request(0, 262_000, 1000),
      request(1, 100, 1000),
    ]),
  );
  await until("the right one is answered", () => received() >= before + 13 + 1000);
  expect(received()).toBe(before + 13 + 1000);
  const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 7])); // a message of 4 GiB
  await ended;
});

test("a block that is asked for, cancelled and asked for again is answered", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  const { socket, received } = await unchoked(seeder, torrent);
  const before = received();
  // In one go, so that the second request comes while the block is being read for the first.
  socket.write(
    Buffer.concat([request(0, 0, 16_384), request(0, 0, 16_384, { cancel: true }), request(0, 0, 16_384)]),
  );
  await until("it is answered", () => received() >= before + 13 + 16_384, { withinMs: 2000 });
  expect(received()).toBe(before + 13 + 16_384);
  socket.destroy();
});

test("left half-way it says so, and goes on from there", async () => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 16 * MiB });
  const seeder = await room.engine(torrent, "source", { folder: path, seed: true });
  const stop = new AbortController();
  const leecher = await room.engine(torrent, "web1", { signal: stop.signal });
  leecher.connect(addresses([seeder]));
  await until("a part is here", () => leecher.progress().flushed > 8);
  stop.abort(new Error("Ctrl+C"));
  expect((await rejection(leecher.complete)).message).toBe("Ctrl+C");
  await leecher[Symbol.asyncDispose]();
  const again = await room.engine(torrent, "web1");
  expect(again.progress().verified).toBeGreaterThan(8);
  again.connect(addresses([seeder]));
  await again.complete;
});

test("a torrent with a path that leaves the folder is refused", async () => {
  await using room = await openRoom();
  const { torrent } = await room.content({ bytes: MiB });
  for (const path of ["../evil", "/etc/evil", "a/../../evil", "a//b", ""]) {
    const files = [{ path, length: torrent.totalBytes, offset: 0 }];
    expect((await rejection(room.engine({ ...torrent, files }, "web1"))).code).toBe("torrent");
  }
});

test("a process that closed its engine ends by itself", async () => {
  await using room = await openRoom();
  const { path } = await room.content({ bytes: MiB });
  await Bun.write(
    join(room.folder, "program.ts"),
    `import { startEngine } from ${JSON.stringify(join(import.meta.dir, "../../lib/peer/engine.ts"))};
     import { createTorrent } from ${JSON.stringify(join(import.meta.dir, "../../lib/torrent/create.ts"))};
     const torrent = await createTorrent(${JSON.stringify(path)});
     const allow = () => true;
     const seeder = await startEngine(torrent, { folder: ${JSON.stringify(path)}, seed: true, allow });
     const leecher = await startEngine(torrent, { folder: ${JSON.stringify(join(room.folder, "copy"))}, allow });
     leecher.connect([{ address: "127.0.0.1", port: seeder.port }, { address: "127.0.0.1", port: 1 }]);
     await leecher.complete;
     await Promise.all([leecher[Symbol.asyncDispose](), seeder[Symbol.asyncDispose]()]);`,
  );
  const child = Bun.spawn([process.execPath, join(room.folder, "program.ts")], { timeout: 8000 });
  expect([await child.exited, child.signalCode]).toEqual([0, null]);
});
