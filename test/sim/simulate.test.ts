import { expect, test } from "bun:test";
import { MEASURED } from "./measured.ts";
import { bestTime, timeAt } from "./report.ts";
import { type Simulation, simulate } from "./simulate.ts";

const MIB = 1024 * 1024;
const KIB = 1024;
/** Headers and acknowledgements aside, so that theory can be seen. */
const BARE = { overhead: 1, latencyMs: 0.1, queueMs: 50 } as const;

function swarm(hosts: number, more: Partial<Simulation> = {}): Simulation {
  return { hosts, totalBytes: 16 * MIB, pieceLength: 64 * KIB, rate: 50e6, ...more };
}

test("one host takes F/u, and a greeting and a question more", () => {
  const { doneMs, limitMs, seederCopies, repeated } = simulate(swarm(1, BARE));
  expect(doneMs[0] ?? 0).toBeGreaterThan(limitMs);
  // Dialled, greeted, shown a piece within 5 ms, asked.
  expect((doneMs[0] ?? 0) - limitMs).toBeLessThan(7);
  expect(seederCopies).toBe(1);
  expect(repeated).toBe(0);
});

test("two hosts that pass on what they get take little longer than one", () => {
  const result = simulate(swarm(2, BARE));
  expect(timeAt(result, 1)).toBeLessThan(1.03);
  expect(result.seederCopies).toBeLessThan(1.05);
});

test("the same seed gives the same swarm, another one another", () => {
  const once = simulate(swarm(20, { seed: 7 }));
  expect(simulate(swarm(20, { seed: 7 }))).toEqual(once);
  expect(simulate(swarm(20, { seed: 8 })).doneMs).not.toEqual(once.doneMs);
});

test.each([5, 12, 40, 100])(
  "%d hosts all get everything, near what is possible, from little more than one copy",
  (hosts) => {
    const pieces = 512;
    const result = simulate(swarm(hosts, { ...BARE, totalBytes: pieces * 64 * KIB, blocksAChunk: 2 }));
    expect(result.doneMs.length).toBe(hosts);
    expect(result.doneMs.every(Number.isFinite)).toBe(true);
    expect(timeAt(result, 1)).toBeGreaterThan(bestTime(hosts, pieces));
    expect(timeAt(result, 1)).toBeLessThan(bestTime(hosts, pieces) + 0.2);
    expect(result.seederCopies).toBeGreaterThanOrEqual(1);
    expect(result.seederCopies).toBeLessThan(1.3);
    expect(result.repeated).toBeLessThan(0.02);
  },
);

test("blocks simulated together change little", () => {
  const large = swarm(30, { totalBytes: 128 * MIB, pieceLength: 512 * KIB, rate: 1e9, queueMs: 5 });
  const fine = timeAt(simulate(large), 0.5);
  const coarse = timeAt(simulate({ ...large, blocksAChunk: 8 }), 0.5);
  expect(Math.abs(coarse / fine - 1)).toBeLessThan(0.05);
});

test.each(MEASURED)(
  "as measured: $hosts hosts, $sizeMib MiB, $rate Mbit/s",
  ({ last, startupMs, seederCopies, ...measured }) => {
    const { hosts, sizeMib, rate } = measured;
    const result = simulate(swarm(hosts, { totalBytes: sizeMib * MIB, rate: rate * 1e6 }));
    const simulated = timeAt(result, 1) + startupMs / result.limitMs;
    expect(Math.abs(simulated / last - 1)).toBeLessThan(0.15);
    expect(Math.abs(result.seederCopies / seederCopies - 1)).toBeLessThan(0.15);
  },
);
