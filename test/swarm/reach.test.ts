// Who is cut off from whom: pure judgements, in tables.
import { describe, expect, test } from "bun:test";
import { isAlone, isCutOff, isStill, type Sighting } from "../../lib/swarm/reach.ts";

const NOW = 100_000;

/** A host the seeder dials since `ms`, in vain so far. */
const dialled = (ms: number, more: Partial<Sighting> = {}): Sighting => ({
  ...{ seeded: true, dialledAtMs: NOW - ms, distant: false, linked: false, unlinkedAtMs: undefined },
  ...{ unreached: false, aloneSinceMs: undefined, movedAtMs: NOW - ms, complete: false },
  ...more,
});
const waiting: Partial<Sighting> = { seeded: false, dialledAtMs: undefined };

describe("a zone is cut off", () => {
  test.each<[string, readonly Sighting[], boolean]>([
    ["nobody is there", [], false],
    ["nobody was dialled yet", [dialled(0, waiting), dialled(9000, waiting)], false],
    ["too early to say", [dialled(900), dialled(500)], false],
    ["no answer for a second", [dialled(1000), dialled(10)], true],
    ["one has a connection", [dialled(5000), dialled(5000, { linked: true })], false],
    ["all were refused both ways", [dialled(20, { unreached: true })], true],
    ["one may still answer", [dialled(20, { unreached: true }), dialled(20)], false],
    ["behind a bastion, soon", [dialled(250, { distant: true })], true],
    ["behind a bastion, at once", [dialled(100, { distant: true })], false],
    ["one of them is near", [dialled(300, { distant: true }), dialled(300)], false],
    ["a host holds everything already", [dialled(5000), dialled(5000, { complete: true })], false],
    ["the link broke just now", [dialled(9000, { unlinkedAtMs: NOW - 1000 })], false],
    ["the link broke for good", [dialled(9000, { unlinkedAtMs: NOW - 3000 })], true],
    [
      "the others' links hold",
      [dialled(9000, { unlinkedAtMs: NOW - 5000 }), dialled(9, { linked: true })],
      false,
    ],
    ["hosts that the seeder doesn't dial count for nothing", [dialled(10), dialled(5000, waiting)], false],
  ])("%s", (_, zone, cutOff) => {
    expect(isCutOff(zone, NOW)).toBe(cutOff);
  });
});

test("alone is who has nobody for three seconds, and lacks something", () => {
  expect(isAlone(dialled(9000), NOW)).toBe(false);
  expect(isAlone(dialled(9000, { aloneSinceMs: NOW - 2900 }), NOW)).toBe(false);
  expect(isAlone(dialled(9000, { aloneSinceMs: NOW - 3000 }), NOW)).toBe(true);
  expect(isAlone(dialled(9000, { aloneSinceMs: NOW - 3000, complete: true }), NOW)).toBe(false);
});

describe("nothing comes any more", () => {
  test.each<[string, Sighting, number | undefined, number, boolean]>([
    ["before anybody has a piece", dialled(60_000), undefined, 10, false],
    ["for four seconds", dialled(4000), 100, 10, false],
    ["for five", dialled(5000), 100, 10, true],
    ["where pieces take long", dialled(20_000), 4000, 4, false],
    ["where they take long, and longer than that", dialled(33_000), 4000, 4, true],
    ["where the way is far", dialled(33_000), 4000, 1000, false],
    ["when all is here", dialled(60_000, { complete: true }), 100, 10, false],
  ])("%s", (_, host, firstPieceMs, hosts, still) => {
    expect(isStill(host, { nowMs: NOW, firstPieceMs, hosts })).toBe(still);
  });
});
