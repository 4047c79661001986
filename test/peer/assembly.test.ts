import { expect, test } from "bun:test";
import { BLOCK_BYTES, openAssembly } from "../../lib/peer/assembly.ts";
import { openPace } from "../../lib/peer/pace.ts";

const BYTES = 2 * BLOCK_BYTES + 100;
const block = (index: number, fill: number) => Buffer.alloc(index < 2 ? BLOCK_BYTES : 100, fill);

test("a piece is whole when each block came, from whomever, in any order", () => {
  const assembly = openAssembly<string>(7, Buffer.alloc(BYTES));
  expect([assembly.take(), assembly.take(), assembly.take(), assembly.take()]).toEqual([0, 1, 2, undefined]);
  expect(assembly.put(2, block(2, 3), "web2")).toBe(true);
  expect(assembly.put(0, block(0, 1), "web1")).toBe(true);
  expect(assembly.missing).toBe(1);
  // A block that comes unasked, from one it was taken back from, is as good.
  assembly.giveBack(1);
  expect(assembly.open).toBe(1);
  expect(assembly.put(1, block(1, 2), "web1")).toBe(true);
  expect([assembly.missing, assembly.open, [...assembly.senders]]).toEqual([0, 0, ["web2", "web1"]]);
  expect(assembly.bytes).toEqual(Buffer.concat([block(0, 1), block(1, 2), block(2, 3)]));
});

test("what comes twice, or has another length, is not taken", () => {
  const assembly = openAssembly<string>(7, Buffer.alloc(BYTES));
  expect(assembly.put(0, block(0, 1), "web1")).toBe(true);
  expect(assembly.put(0, block(0, 9), "web2")).toBe(false);
  expect(assembly.put(1, block(2, 9), "web2")).toBe(false);
  expect(assembly.put(3, block(2, 9), "web2")).toBe(false);
  expect([assembly.bytes[0], assembly.missing, assembly.senders.size]).toEqual([1, 2, 1]);
});

test("a block that two are asked for is open again when neither will send it", () => {
  const assembly = openAssembly<string>(7, Buffer.alloc(BYTES));
  assembly.take();
  assembly.takeAgain(0);
  assembly.giveBack(0);
  expect(assembly.open).toBe(2);
  assembly.giveBack(0);
  expect(assembly.open).toBe(3);
  expect(assembly.take()).toBe(0);
});

test("requests in flight follow bytes a second times the way there and back", () => {
  const depthAt = (blocksPerSecond: number, answerMs: number) => {
    const pace = openPace();
    for (let nowMs = 1000; nowMs < 4000; nowMs += 1000 / blocksPerSecond)
      pace.delivered(nowMs - answerMs, nowMs);
    return pace.depth;
  };
  // 50 blocks a second, a millisecond away: a few, so that what is asked for is new.
  expect(depthAt(50, 1)).toBeLessThanOrEqual(10);
  // 1000 blocks a second from 30 ms away: at least 30 are on the way at any time.
  expect(depthAt(1000, 30)).toBeGreaterThanOrEqual(45);
  expect(depthAt(100_000, 30)).toBe(250);
});

test("blocks that come in a burst after a pause are no rate", () => {
  const pace = openPace();
  // 100 blocks a second, ten at a time.
  for (let nowMs = 1000; nowMs < 4000; nowMs += 100)
    for (let block = 0; block < 10; block++) pace.delivered(nowMs - 100, nowMs + block / 10);
  expect(pace.depth).toBeLessThanOrEqual(4 + 25);
});
