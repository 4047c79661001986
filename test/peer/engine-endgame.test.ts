import { expect, test } from "bun:test";
import { createServer, connect as dial, type Socket } from "node:net";
import { movesFor, type Source } from "../../lib/peer/endgame.ts";
import { addresses, LOOPBACK, MiB, openRoom, until } from "./engine-support.ts";

const BLOCK = 16 * 1024;

/** Passes everything on, but of what `port` answers only the first `freeBytes` at once, then so much a second. */
async function slowWay(
  port: number,
  { freeBytes, bytesPerSecond }: { readonly freeBytes: number; readonly bytesPerSecond: number },
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const timers = new Set<ReturnType<typeof setInterval>>();
  const server = createServer((near) => {
    const far = dial({ host: LOOPBACK, port });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => (socket === near ? far : near).destroy());
    }
    near.pipe(far);
    let free = freeBytes;
    let held = Buffer.alloc(0);
    const pass = () => {
      const bytes = held.subarray(0, Math.floor(free));
      held = held.subarray(bytes.length);
      free -= bytes.length;
      if (bytes.length > 0) near.write(bytes);
    };
    far.on("data", (bytes) => {
      held = Buffer.concat([held, bytes]);
      pass();
    });
    const timer = setInterval(() => {
      // What may pass freely at first stays free, however late it is asked for.
      free = Math.max(free, Math.min(free + bytesPerSecond / 20, bytesPerSecond));
      pass();
    }, 50);
    timers.add(timer);
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers) clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each([
  ["a block every two seconds", BLOCK / 2],
  ["nothing any more", 0],
])("nobody waits for a peer that sends %s while another has it all", async (_what, bytesPerSecond) => {
  await using room = await openRoom();
  const { torrent, path } = await room.content({ bytes: 8 * MiB });
  const slow = await room.engine(torrent, "slow", { folder: path, seed: true });
  const quick = await room.engine(torrent, "quick", { folder: path, seed: true });
  await using way = await slowWay(slow.port, { freeBytes: 20 * BLOCK, bytesPerSecond });
  const leecher = await room.engine(torrent, "web1");
  leecher.connect([{ address: LOOPBACK, port: way.port }]);
  await until("a piece came that way", () => leecher.progress().verified > 0);
  const startedAtMs = performance.now();
  leecher.connect(addresses([quick]));
  await leecher.complete;
  expect(performance.now() - startedAtMs).toBeLessThan(3000);
  // What it was asked for on both ways came once, but for a block or two.
  expect(leecher.progress().downloadedBytes).toBeLessThan(torrent.totalBytes + 8 * BLOCK);
});

function source(name: string, blocks: string[], more: Partial<Source> = {}): Source & { name: string } {
  const requests = blocks.map((block) => {
    const [piece, place] = block.split("+").map(Number);
    return { piece: piece as number, offset: (place as number) * BLOCK, length: BLOCK };
  });
  return {
    name,
    requests,
    free: 5 - requests.length,
    answerMs: 10,
    blockMs: 10,
    quietMs: 0,
    may: () => true,
    ...more,
  };
}

const cases: [what: string, sources: (Source & { name: string })[], moves: string[]][] = [
  ["nothing where all are as quick", [source("a", ["1+0", "1+1"]), source("b", [])], []],
  [
    "nothing where nobody has a place free",
    [source("a", ["1+0"], { quietMs: 9000 }), source("b", [], { free: 0 })],
    [],
  ],
  [
    "what a silent wire has",
    [source("a", ["1+0", "1+1"], { quietMs: 500 }), source("b", [])],
    ["1+0 a→b", "1+1 a→b"],
  ],
  [
    "nothing of a wire silent for no longer than is usual",
    [source("a", ["1+0"], { quietMs: 250 }), source("b", [])],
    [],
  ],
  [
    "the end of a long queue",
    [source("a", ["1+0", "1+1", "1+2"], { blockMs: 200, free: 0 }), source("b", [])],
    ["1+2 a→b", "1+1 a→b"],
  ],
  [
    "nothing to a wire that is as slow",
    [source("a", ["1+0", "1+1"], { quietMs: 500 }), source("b", [], { answerMs: 400 })],
    [],
  ],
  [
    "nothing to a wire that is silent itself",
    [source("a", ["1+0"], { quietMs: 500 }), source("b", ["2+0"], { quietMs: 450 })],
    [],
  ],
  [
    "only pieces that may be asked there",
    [source("a", ["1+0", "2+0"], { quietMs: 500 }), source("b", [], { may: (piece) => piece === 2 })],
    ["2+0 a→b"],
  ],
  [
    "no more than there are places",
    [source("a", ["1+0", "1+1", "1+2"], { quietMs: 500 }), source("b", [], { free: 2 })],
    ["1+0 a→b", "1+1 a→b"],
  ],
  [
    "spread over those who are free",
    [source("a", ["1+0", "1+1", "1+2"], { quietMs: 500 }), source("b", []), source("c", [])],
    ["1+0 a→b", "1+1 a→c", "1+2 a→b"],
  ],
];

test.each(cases)("moves: %s", (_what, sources, moves) => {
  expect(
    movesFor(sources).map(
      ({ from, to, request }) => `${request.piece}+${request.offset / BLOCK} ${from.name}→${to.name}`,
    ),
  ).toEqual(moves);
});
