import { describe, expect, test } from "bun:test";
import type { FleetEvent, HostStatus } from "../../lib/swarm/events.ts";
import { emptyState, type FleetState, LOG_LINES, reduce } from "../../lib/swarm/state.ts";

// biome-ignore lint/suspicious/noExplicitAny: keeps each union member's own shape
type Without<T> = T extends any ? Omit<T, "atMs"> : never;
type Step = readonly [atMs: number, event: Without<FleetEvent>];

const PLAN: Step = [
  0,
  {
    type: "plan",
    title: "a deploy",
    hosts: [
      { host: "web1", group: "web" },
      { host: "web2", group: "web" },
    ],
  },
];

function after(...steps: readonly Step[]): FleetState {
  return [PLAN, ...steps].reduce(
    (state, [atMs, event]) => reduce(state, { ...event, atMs } as FleetEvent),
    emptyState(0),
  );
}

const status = (
  atMs: number,
  to: "connecting" | "ready" | "fetching" | "complete" | "ok" | "waiting",
): Step => [atMs, { type: "status", host: "web1", status: to }];
const failed = (atMs: number, as: "failed" | "unreachable" | "skipped", message: string): Step => [
  atMs,
  { type: "failed", host: "web1", status: as, error: { code: "remote", message } },
];
const progress = (atMs: number, downloadedBytes: number, host = "web1", note?: string): Step => [
  atMs,
  {
    type: "progress",
    hosts: [{ host, verified: 1, downloadedBytes, uploadedBytes: 5, peers: 3, note }],
    seederUploadedBytes: 70,
    availability: 1.5,
  },
];

describe("a host's way through a run", () => {
  const ways: [string, Step[], HostStatus, number | undefined, number | undefined][] = [
    ["nothing happened", [], "waiting", undefined, undefined],
    ["still waiting", [status(3, "waiting")], "waiting", undefined, undefined],
    ["connecting", [status(5, "connecting")], "connecting", 5, undefined],
    ["all well", [status(5, "connecting"), status(9, "fetching"), status(20, "ok")], "ok", 5, 20],
    ["lost at once", [failed(7, "unreachable", "refused")], "unreachable", 7, 7],
    ["lost later", [status(5, "connecting"), failed(7, "failed", "no")], "failed", 5, 7],
    ["a late word of a lost one", [failed(7, "failed", "no"), status(9, "fetching")], "failed", 7, 7],
    ["an end is not undone", [status(5, "ok"), status(9, "fetching")], "ok", 5, 5],
    ["a loss after the end counts", [status(5, "ok"), failed(9, "failed", "no")], "failed", 5, 5],
    ["well, then the others are stopped", [status(5, "ok"), failed(9, "skipped", "no")], "ok", 5, 5],
  ];
  test.each(ways)("%s", (_, steps, expected, startedAtMs, endedAtMs) => {
    const host = after(...steps).hosts.get("web1");
    expect([host?.status, host?.startedAtMs, host?.endedAtMs]).toEqual([expected, startedAtMs, endedAtMs]);
  });

  test("the first reason stays", () => {
    const state = after(failed(7, "failed", "disk full"), failed(9, "skipped", "stopped because of web1"));
    expect(state.hosts.get("web1")).toMatchObject({ status: "failed", error: { message: "disk full" } });
    expect(state.log.map(({ text }) => text)).toEqual(["web1: disk full"]);
  });

  test("an event about a host nobody planned is a bug", () => {
    expect(() => after(progress(1, 1, "web9"))).toThrow("web9");
  });
});

describe("rates", () => {
  const rate = (state: FleetState) => Math.round(state.hosts.get("web1")?.bytesPerSecond ?? -1);

  test("come close to what arrives within some seconds", () => {
    const steps = Array.from({ length: 20 }, (_, index) => progress((index + 1) * 500, (index + 1) * 500));
    expect(rate(after(status(0, "fetching"), ...steps))).toBeWithin(980, 1001);
  });

  test("are measured against a host's own last report, not against the reports of others", () => {
    const own = [status(0, "fetching"), progress(1000, 1000), progress(3000, 3000)];
    const others = [
      status(0, "fetching"),
      progress(1000, 1000),
      progress(2999, 9, "web2"),
      progress(3000, 3000),
    ];
    expect(rate(after(...others))).toBe(rate(after(...own)));
  });

  test("fall while nothing arrives, and never below nothing", () => {
    const moving = after(status(0, "fetching"), progress(1000, 5000));
    const stalled = after(status(0, "fetching"), progress(1000, 5000), progress(2000, 5000));
    const restarted = after(status(0, "fetching"), progress(1000, 5000), progress(2000, 0));
    expect(rate(stalled)).toBeLessThan(rate(moving));
    expect(rate(restarted)).toBe(rate(stalled));
  });

  test("are nothing once a host is complete, though its peer still reports", () => {
    const state = after(status(0, "fetching"), progress(500, 9), status(600, "complete"), progress(900, 99));
    expect(rate(state)).toBe(0);
    expect(state.hosts.get("web1")).toMatchObject({ downloadedBytes: 99, uploadedBytes: 5, peers: 3 });
  });
});

test("what a host does next stays readable though its peer reports without a note", () => {
  const unpacking: Step = [700, { type: "status", host: "web1", status: "complete", detail: "unpacking" }];
  expect(after(unpacking, progress(900, 9)).hosts.get("web1")?.detail).toBe("unpacking");
  expect(after(status(1, "fetching"), progress(9, 9, "web1", "disk")).hosts.get("web1")?.detail).toBe("disk");
  expect(
    after(status(1, "fetching"), progress(9, 9, "web1", "disk"), progress(19, 9)).hosts.get("web1")?.detail,
  ).toBe(undefined);
});

test("phases may overlap: the newest that began is the one that runs", () => {
  const phase = (atMs: number, name: "bootstrap" | "distribute", state: "start" | "end"): Step => [
    atMs,
    { type: "phase", phase: name, state },
  ];
  const state = after(
    phase(1, "bootstrap", "start"),
    phase(3, "distribute", "start"),
    phase(5, "bootstrap", "end"),
  );
  expect(state.phase).toBe("distribute");
  expect(state.phases.bootstrap).toEqual({ startedAtMs: 1, endedAtMs: 5 });
  expect(state.phases.distribute).toEqual({ startedAtMs: 3, endedAtMs: undefined });
});

test("the log keeps the newest lines, names each host once and leaves details out", () => {
  const note = (level: "info" | "warning" | "detail", message: string): Step => [
    1,
    { type: "note", level, host: "web1", message },
  ];
  const texts = after(note("info", "web1: hello"), note("warning", "careful"), note("detail", "port 1")).log;
  expect(texts.map(({ level, text }) => `${level} ${text}`)).toEqual([
    "info web1: hello",
    "warning web1: careful",
  ]);
  const many = Array.from({ length: LOG_LINES + 5 }, (_, index) => note("info", `line ${index}`));
  const { log } = after(...many);
  expect(log.length).toBe(LOG_LINES);
  expect(log.at(-1)?.text).toBe(`web1: line ${LOG_LINES + 4}`);
});

test("the torrent, the seeder and the summary are kept as told", () => {
  const torrent = { infohash: "ab", release: "r1", totalBytes: 9, pieces: 2, pieceLength: 5 };
  const summary = {
    ...{ ok: 2, failed: 0, unreachable: 0, skipped: 0, release: "r1", infohash: "ab", bytes: 9 },
    ...{ outcome: "done", exitCode: 0 },
    seconds: { pack: 0, connect: 0, bootstrap: 0, distribute: 0, activate: 0, total: 1 },
  };
  const state = after([1, { type: "torrent", ...torrent }], progress(2, 1), [
    3,
    { type: "summary", summary },
  ]);
  expect(state).toMatchObject({ torrent, summary, seederUploadedBytes: 70, availability: 1.5, atMs: 3 });
});
