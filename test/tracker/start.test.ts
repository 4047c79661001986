import { expect, test } from "bun:test";
import { createServer } from "node:net";
import bencode from "bencode";
import { startTracker } from "../../lib/tracker/start.ts";

const INFOHASH = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "f".repeat(40);
const LOOPBACK = "127.0.0.1";

interface Answer {
  readonly interval?: number;
  readonly peers?: Uint8Array;
  readonly "failure reason"?: Uint8Array;
}

function query(
  infohash: string,
  {
    port = 7000,
    ip,
    event = "started",
    left = 100,
    numwant = 80,
  }: { port?: number; ip?: string; event?: string; left?: number; numwant?: number } = {},
): string {
  const hash = infohash.replace(/../g, "%$&");
  const own = ip === undefined ? "" : `&ip=${ip}`;
  return `?info_hash=${hash}&peer_id=-XX0000-${String(port).padStart(12, "0")}&port=${port}&uploaded=0&downloaded=0&left=${left}&compact=1&numwant=${numwant}&event=${event}${own}`;
}

async function announce(url: string): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    answer: bytes.length === 0 ? {} : (bencode.decode(bytes) as Answer),
  };
}

function peersOf(answer: Answer): string[] {
  const bytes = Buffer.from(answer.peers ?? []);
  return Array.from(
    { length: bytes.length / 6 },
    (_, at) => `${bytes.subarray(at * 6, at * 6 + 4).join(".")}:${bytes.readUInt16BE(at * 6 + 4)}`,
  ).sort();
}

test("peers learn of each other, under the address each one names", async () => {
  await using tracker = await startTracker({
    infohashes: [INFOHASH],
    host: LOOPBACK,
    maxPeers: 10,
    intervalSeconds: 7,
  });
  const url = tracker.url(LOOPBACK);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/announce$/);
  await announce(url + query(INFOHASH, { port: 7001 }));
  await announce(url + query(INFOHASH, { port: 7002, ip: "10.1.2.3", left: 0 }));
  const { status, answer } = await announce(url + query(INFOHASH, { port: 7003, ip: "not an address" }));
  expect(status).toBe(200);
  expect(answer.interval).toBe(7);
  expect(peersOf(answer)).toEqual(["10.1.2.3:7002", "127.0.0.1:7001", "127.0.0.1:7003"]);
  expect(tracker.counts(INFOHASH)).toEqual({ seeders: 1, leechers: 2 });
  await announce(url + query(INFOHASH, { port: 7001, event: "stopped" }));
  expect(tracker.counts(INFOHASH)).toEqual({ seeders: 1, leechers: 1 });
});

test("other infohashes and other paths get nothing", async () => {
  await using tracker = await startTracker({ infohashes: [INFOHASH], host: LOOPBACK, maxPeers: 10 });
  const url = tracker.url(LOOPBACK);
  const { answer } = await announce(url + query(OTHER));
  expect(Buffer.from(answer["failure reason"] ?? []).toString()).toBe("no such torrent here");
  expect(answer.peers).toBeUndefined();
  const root = `http://${LOOPBACK}:${tracker.port}`;
  for (const path of [
    "/",
    "/announce",
    "/stats",
    "/stats.json",
    "/scrape",
    `/${"0".repeat(32)}/announce`,
    url.replace(root, "").replace("announce", "scrape"),
  ]) {
    const response = await fetch(root + path + query(INFOHASH));
    expect([path, response.status, await response.text()]).toEqual([path, 404, ""]);
  }
  expect((await announce(`${url}?info_hash=short`)).answer["failure reason"]).toBeDefined();
});

test("who may not take part is neither answered nor announced", async () => {
  await using tracker = await startTracker({
    infohashes: [INFOHASH],
    host: LOOPBACK,
    maxPeers: 10,
    allow: (address) => address !== "10.9.9.9",
  });
  expect((await announce(tracker.url(LOOPBACK) + query(INFOHASH, { ip: "10.9.9.9" }))).status).toBe(404);
  await using closed = await startTracker({
    infohashes: [INFOHASH],
    host: LOOPBACK,
    maxPeers: 10,
    allow: () => false,
  });
  expect((await announce(closed.url(LOOPBACK) + query(INFOHASH))).status).toBe(404);
});

test("more peers than the library remembers by default", async () => {
  await using tracker = await startTracker({ infohashes: [INFOHASH], host: LOOPBACK, maxPeers: 400 });
  const url = tracker.url(LOOPBACK);
  for (let first = 0; first < 1500; first += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        announce(url + query(INFOHASH, { port: 10_000 + first + at, numwant: 1 })),
      ),
    );
  }
  expect(tracker.counts(INFOHASH).leechers).toBe(1500);
});

test("a taken port is a port error, and closing frees it", async () => {
  const first = await startTracker({ infohashes: [INFOHASH], host: LOOPBACK, maxPeers: 10 });
  const ports = { from: first.port, to: first.port };
  const again = { infohashes: [INFOHASH], host: LOOPBACK, ports, maxPeers: 10 };
  const error = await startTracker(again).catch((reason) => reason);
  expect(error.code).toBe("port");
  await fetch(first.url(LOOPBACK) + query(INFOHASH)); // leaves a keep-alive connection
  await Promise.all([first[Symbol.asyncDispose](), first[Symbol.asyncDispose]()]);
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.on("error", reject).listen(first.port, LOOPBACK, resolve),
  );
  server.close();
  expect(startTracker({ infohashes: ["xyz"], maxPeers: 1 })).rejects.toThrow(RangeError);
});
