// Batches in the state a screen is made from, and the words they are told in.
import { describe, expect, test } from "bun:test";
import type { BatchStep, FleetEvent } from "../../lib/swarm/events.ts";
import { emptyState, type FleetState, reduce } from "../../lib/swarm/state.ts";
import { batchLines, batchTexts } from "../../lib/ui/batch-text.ts";

const HOSTS = ["web1", "web2", "web3"];
type BatchEvent = Extract<FleetEvent, { type: "batch" }>;

const batch = (index: number, state: BatchStep, more: Partial<BatchEvent> = {}): BatchEvent => {
  const hosts = index === 1 ? ["web1"] : ["web2", "web3"];
  return { type: "batch", atMs: 1000, index, of: 2, hosts, state, ...more };
};
const PLAN: FleetEvent = {
  ...{ type: "plan", atMs: 0, title: "a deploy" },
  hosts: HOSTS.map((host) => ({ host, group: "web" })),
};
const WAITING = [batch(1, "waiting"), batch(2, "waiting")];
const after = (...events: readonly FleetEvent[]): FleetState =>
  [PLAN, ...WAITING, ...events].reduce(reduce, emptyState(0));

test("each batch is where its newest event says", () => {
  const { batches } = after(batch(1, "running"), batch(1, "done"), batch(2, "paused", { pause: 5000 }));
  expect(batches.map(({ step, pause }) => [step, pause])).toEqual([
    ["done", undefined],
    ["paused", 5000],
  ]);
});

test("hosts that go back are not through any more, whatever was told of them", () => {
  const error = { code: "remote", message: "not well" } as const;
  const through: FleetEvent[] = [
    { type: "status", atMs: 1, host: "web1", status: "ok" },
    { type: "failed", atMs: 1, host: "web2", status: "failed", error },
    { type: "failed", atMs: 1, host: "web3", status: "unreachable", error },
  ];
  const state = after(...through, batch(2, "rolling-back", { back: ["web1", "web2"] }));
  const row = (name: string) => {
    const { status, error: why, endedAtMs } = state.hosts.get(name) ?? {};
    return [status, why?.message, endedAtMs];
  };
  expect(HOSTS.map(row)).toEqual([
    ["active", undefined, undefined],
    ["active", undefined, undefined],
    ["unreachable", "not well", 1],
  ]);
});

describe("what a screen says", () => {
  test.each<[FleetEvent[], string | undefined]>([
    [[], undefined],
    [[batch(1, "running")], "1 of 2 runs: web1, then web2 web3"],
    [[batch(1, "done"), batch(2, "paused", { pause: "ask" })], "2 of 2 waits for Enter: web2 web3"],
    [[batch(1, "done"), batch(2, "paused", { pause: 30_000 })], "2 of 2 begins in 20 s: web2 web3"],
    [[batch(1, "failed")], "1 of 2 failed: web1, then web2 web3"],
    [[batch(1, "rolling-back")], "1 of 2 goes back: web1, then web2 web3"],
  ])("%#", (events, text) => {
    expect(batchTexts(after(...events), 11_000)?.[0]).toBe(text as string);
  });

  test("a single batch is not worth a word", () => {
    const only = [batch(1, "waiting", { of: 1 }), batch(1, "running", { of: 1 })];
    expect(batchTexts([PLAN, ...only].reduce(reduce, emptyState(0)), 0)).toBeUndefined();
    expect(batchLines(batch(1, "running", { of: 1 }))).toEqual([]);
  });

  test("hundreds of hosts are counted where they can't be named", () => {
    const hosts = Array.from({ length: 300 }, (_, index) => `web${index}`);
    const [first, , third] = batchTexts(after(batch(1, "running", { hosts })), 0) ?? [];
    expect(first).toContain("web7 and 292 more, then web2 web3");
    expect(third).toBe("1 of 2 runs: 300 hosts, 2 hosts wait");
  });
});

test.each<[BatchEvent, string[]]>([
  [batch(2, "waiting"), []],
  [batch(2, "running"), ["batch 2 of 2 begins: web2 web3"]],
  [batch(2, "done"), ["batch 2 of 2 is through"]],
  [
    batch(2, "failed", { reason: "1 of its 2 hosts failed" }),
    ["batch 2 of 2 failed: 1 of its 2 hosts failed"],
  ],
  [batch(2, "paused", { pause: "ask" }), ["batch 2 of 2 waits for a key: web2 web3"]],
  [batch(2, "paused", { pause: 90_000 }), ["batch 2 of 2 waits 1m 30s: web2 web3"]],
  [batch(1, "rolling-back", { of: 1, back: ["web1"] }), ["batch 1 of 1 goes back: web1"]],
])("a log's line of %#", (event, lines) => {
  expect(batchLines(event)).toEqual(lines);
});
