// What is computed from a state: numbers, order, stages, results, and how a terminal is shared out.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Layout, layout } from "../../lib/ui/layout.ts";
import { byUrgency } from "../../lib/ui/order.ts";
import { overview, verifiedBytes } from "../../lib/ui/overview.ts";
import { phaseLines } from "../../lib/ui/phases.ts";
import { hostResults } from "../../lib/ui/results.ts";
import { stateAt } from "./feeds.ts";
import { PAYLOAD_BYTES, scriptedRun } from "./scripted.ts";

const run = scriptedRun({ hosts: 8 });

describe("the numbers of a fleet", () => {
  test("before there is a torrent the run is as far as its hosts are finished", () => {
    expect(overview(stateAt(run, 0.5))).toMatchObject({
      hosts: 8,
      finished: 0,
      totalBytes: 0,
      fraction: 0,
      etaSeconds: undefined,
      seederCopies: undefined,
      seederShare: undefined,
      counts: { waiting: 8, ok: 0 },
    });
  });

  test("half-way: lost hosts count neither in what is there nor in what will be", () => {
    const state = stateAt(run, 14);
    const numbers = overview(state);
    const alive = [...state.hosts.values()].filter(({ status }) => status === "fetching");
    expect(numbers.counts).toMatchObject({ fetching: 6, failed: 1, unreachable: 1 });
    expect(numbers.totalBytes).toBe(6 * PAYLOAD_BYTES);
    const verified = alive.reduce((sum, host) => sum + verifiedBytes(host, state.torrent), 0);
    expect(numbers.verifiedBytes).toBe(verified);
    expect(numbers.fraction).toBeCloseTo(verified / (6 * PAYLOAD_BYTES));
    expect(numbers.etaSeconds).toBeCloseTo((6 * PAYLOAD_BYTES - verified) / numbers.bytesPerSecond);
    expect(numbers.seederCopies).toBeCloseTo(state.seederUploadedBytes / PAYLOAD_BYTES);
    expect(numbers.seederShare).toBeWithin(0.1, 0.3);
  });

  test("the last piece is shorter: all pieces are the payload's bytes and no more", () => {
    const state = stateAt(run, 23.5);
    expect(overview(state)).toMatchObject({ fraction: 1, verifiedBytes: 6 * PAYLOAD_BYTES, etaSeconds: 0 });
  });

  test("nobody in the plan, or nobody left, is no reason to divide by zero", () => {
    expect(overview(stateAt([], 0)).fraction).toBe(0);
    const lost = stateAt(
      run.filter(({ type }) => type === "plan" || type === "failed"),
      60,
    );
    expect(overview({ ...lost, hosts: new Map([...lost.hosts].slice(6, 7)) }).fraction).toBe(1);
  });
});

test("failed hosts come first, then the slowest; finished ones last, skipped after them", () => {
  const names = byUrgency(stateAt(run, 14).hosts.values());
  expect(names.slice(0, 3)).toEqual(["web4.example.net", "api3.example.net", "web1.example.net"]);
  const verified = names.slice(2).map((name) => stateAt(run, 14).hosts.get(name)?.verified ?? -1);
  expect(verified).toEqual(verified.toSorted((a, b) => a - b));
});

test("stages that never began are left out once a later one runs", () => {
  const lines = (seconds: number) =>
    phaseLines(stateAt(run, seconds), run[0]?.atMs ?? 0).map(({ phase, state }) => `${phase} ${state}`);
  expect(lines(0)).toEqual([
    "connect running",
    "pack running",
    "bootstrap ahead",
    "distribute ahead",
    "activate ahead",
  ]);
  const withoutBootstrap = run.filter((event) => event.type !== "phase" || event.phase !== "bootstrap");
  const state = stateAt(withoutBootstrap, 14);
  expect(phaseLines(state, state.startedAtMs + 14_000).map(({ phase }) => phase)).toEqual([
    "connect",
    "pack",
    "distribute",
    "activate",
  ]);
  expect(phaseLines(state, state.startedAtMs + 14_000)[2]).toEqual({
    phase: "distribute",
    state: "running",
    seconds: 10.5,
  });
});

describe("how each host ended", () => {
  test("when the run is over", () => {
    const results = hostResults(stateAt(run, 60));
    expect(results.map(({ host, status }) => `${host.split(".")[0]} ${status}`)).toEqual([
      ...["web1 ok", "web2 ok", "web3 ok", "web4 failed", "api1 ok", "api2 ok"],
      ...["api3 unreachable", "db1 ok"],
    ]);
    expect(results[0]).toEqual({
      host: "web1.example.net",
      status: "ok",
      bytes: PAYLOAD_BYTES,
      seconds: 23.6,
    });
    expect(results[6]).toMatchObject({
      bytes: 0,
      seconds: 0.4,
      error: "api3.example.net: connection to 192.0.2.17:22 refused",
      hint: "is sshd running there, and is port 22 open for this machine?",
    });
  });

  test("when it stopped half-way", () => {
    const results = hostResults(stateAt(run, 14));
    expect(results[0]).toMatchObject({ status: "skipped", error: "stopped while fetching" });
    expect(hostResults(stateAt(run, 0.1))[0]).toMatchObject({
      status: "skipped",
      error: "not tried",
      seconds: 0,
    });
  });
});

describe("sharing out the lines of a terminal", () => {
  const anyFleet = fc.record({
    columns: fc.integer({ min: 20, max: 300 }),
    rows: fc.integer({ min: 3, max: 100 }),
    groupSizes: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
    labelWidth: fc.integer({ min: 1, max: 14 }),
    logLines: fc.integer({ min: 0, max: 40 }),
  });
  const FIXED = { no: 2, yes: 6, very: 8 };

  test("the parts never fill the screen, and every host is in a row, in a cell or in a bar", () => {
    fc.assert(
      fc.property(anyFleet, (fleet) => {
        const hosts = fleet.groupSizes.reduce((sum, size) => sum + size, 0);
        const shares = layout({ ...fleet, hosts });
        const gap = shares.roomy === "very" && shares.overflowRows > 0 ? 1 : 0;
        const height = FIXED[shares.roomy] + shares.hostRows + shares.overflowRows + gap + shares.logRows;
        expect(height).toBeLessThan(fleet.rows);
        expect(Math.min(shares.hostRows, shares.overflowRows, shares.logRows)).toBeGreaterThanOrEqual(0);
        if (shares.overflow === "none" && fleet.rows >= 14) expect(shares.hostRows).toBe(hosts);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[number, number, number, Layout["overflow"]]>([
    [8, 60, 20, "none"],
    [8, 200, 50, "none"],
    [100, 60, 20, "grouped"],
    [100, 100, 30, "grouped"],
    [1000, 60, 20, "bars"],
    [1000, 100, 30, "flow"],
    [1000, 200, 50, "grouped"],
  ])("%p hosts at %px%p: %p", (hosts, columns, rows, overflow) => {
    const groupSizes = [hosts * 0.5, hosts * 0.3, hosts * 0.1, hosts * 0.1].map(Math.round);
    expect(layout({ hosts, columns, rows, groupSizes, labelWidth: 5, logLines: 4 }).overflow).toBe(overflow);
  });
});
