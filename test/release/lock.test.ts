import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectHost } from "../../lib/release/inspect.ts";
import { layoutOf } from "../../lib/release/layout.ts";
import { describeLock } from "../../lib/release/lease.ts";
import { checkLock, freeLock, takeLock } from "../../lib/release/lock.ts";
import { endLock, removeOldClaims } from "../../lib/release/lock-end.ts";
import type { LockRecord } from "../../lib/release/lock-file.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import type { Step } from "./child.ts";
import { type Child, startChild } from "./children.ts";
import { newSite } from "./site.ts";

setDefaultTimeout(30_000); // processes take their time on a busy machine

const before = footprint();
afterAll(() => expectNothingLeft(before));

const WHO = { app: "shop", environment: "prod", owner: "ops@laptop", ownerPid: 123 };
const take = (deployTo: string, options = {}): Step => ({
  call: ["lock", "takeLock", deployTo, { ...WHO, ...options }],
});
const CONFLICT = expect.stringMatching(
  /^locked by ops@laptop \(pid 123\) for prod since \d\d:\d\d UTC, \d+ s ago$/,
);

test("a lock is taken, seen, refused to others, and freed by its owner only", async () => {
  await using site = await newSite();
  const { token, broke } = await takeLock(site.deployTo, WHO);
  expect(broke).toBeUndefined();
  const { lock } = await inspectHost(site.deployTo);
  const times = { since: expect.any(String), heartbeatAt: expect.any(String), expiresAt: expect.any(String) };
  expect(lock).toEqual({ ...WHO, ...times, alive: true });
  const refused = { code: "locked", message: CONFLICT, hint: expect.stringContaining("still runs") };
  await expect(takeLock(site.deployTo, { ...WHO, owner: "b@c" })).rejects.toMatchObject(refused);
  expect(await freeLock(site.deployTo, "0".repeat(32))).toBe(false);
  await checkLock(site.deployTo, token);
  expect(await freeLock(site.deployTo, token)).toBe(true);
  expect(await freeLock(site.deployTo, token)).toBe(false);
  await expect(checkLock(site.deployTo, token)).rejects.toMatchObject({ code: "locked" });
  expect((await inspectHost(site.deployTo)).lock).toBeUndefined();
  expect(await readdir(join(site.deployTo, ".rookery", "temporary"))).toEqual([]);
});

test("of twenty processes that take it at once exactly one gets it", async () => {
  await using site = await newSite();
  const children = Array.from({ length: 20 }, () =>
    startChild([{ wait: true }, take(site.deployTo), { wait: true }]),
  );
  try {
    const answers = await race(children);
    expect(answers.filter((answer) => "value" in answer)).toHaveLength(1);
    const refusals = answers.filter((answer) => "error" in answer);
    expect(refusals.map(({ error }) => error.code)).toEqual(Array(19).fill("locked"));
  } finally {
    await Promise.all(children.map((child) => child.kill()));
  }
});

test("a lock whose process was killed says so, and of many takers exactly one takes it over", async () => {
  await using site = await newSite();
  await using holder = startChild([take(site.deployTo), { wait: true }]);
  expect(await holder.next()).toHaveProperty("value.token");
  expect((await inspectHost(site.deployTo)).lock?.alive).toBe(true);
  await holder.kill();
  const stale = expect.stringMatching(
    /^its peer no longer runs there, last heartbeat \d\d:\d\d UTC, \d+ s ago$/,
  );
  expect((await inspectHost(site.deployTo)).lock).toMatchObject({ alive: false, stale });

  const steps = [{ wait: true }, take(site.deployTo), { wait: true }] as const;
  const takers = Array.from({ length: 12 }, () => startChild(steps));
  try {
    const answers = await race(takers);
    const won = answers.flatMap((answer) => ("value" in answer ? [answer.value] : []));
    const held = JSON.parse(await readFile(layoutOf(site.deployTo).lock, "utf8")) as LockRecord;
    const broke = expect.stringMatching(
      /^ops@laptop \(pid 123\) for prod since .* ago, its peer no longer runs/,
    );
    expect(won).toEqual([{ token: held.token, broke }]);
    const claims = (await readdir(join(site.deployTo, ".rookery"))).filter((name) =>
      name.startsWith("lock."),
    );
    expect(claims).toEqual([]);
  } finally {
    await Promise.all(takers.map((child) => child.kill()));
  }
});

test("breaking takes the lock from a live holder, who can't free its successor's", async () => {
  await using site = await newSite();
  const first = await takeLock(site.deployTo, WHO);
  const second = await takeLock(site.deployTo, { ...WHO, owner: "eve@desk", breakLock: true });
  expect(second.broke).toMatch(/^ops@laptop .*, still running$/);
  expect(await freeLock(site.deployTo, first.token)).toBe(false);
  await expect(checkLock(site.deployTo, first.token)).rejects.toThrow("was taken over: now held by eve@desk");
  await checkLock(site.deployTo, second.token);
  expect(await freeLock(site.deployTo, second.token)).toBe(true);
});

test("ending a lock is one process's: concurrent breakers and the owner leave exactly one outcome", async () => {
  await using site = await newSite();
  const { token } = await takeLock(site.deployTo, WHO);
  const layout = layoutOf(site.deployTo);
  const ended = await Promise.all(Array.from({ length: 10 }, () => endLock(layout, token)));
  expect(ended.filter(Boolean)).toHaveLength(1);
});

test("a process killed while ending a lock doesn't block it, and what it left is cleared", async () => {
  await using site = await newSite();
  const { token } = await takeLock(site.deployTo, WHO);
  const layout = layoutOf(site.deployTo);
  await using child = startChild([{ call: ["holder", "ownHolder"] }]);
  const answer = await child.next();
  await child.kill();
  const dead = JSON.stringify("value" in answer ? answer.value : undefined);
  await writeFile(`${layout.lock}.end-${token}-0`, dead);
  await writeFile(`${layout.lock}.end-${"b".repeat(32)}-0`, dead);
  const successor = await takeLock(site.deployTo, { ...WHO, breakLock: true });
  await checkLock(site.deployTo, successor.token);
  await removeOldClaims(layout);
  expect((await readdir(layout.own)).filter((name) => name.startsWith("lock"))).toEqual(["lock"]);
});

test("a recycled process number, a reboot and another machine are told apart", async () => {
  await using site = await newSite();
  const layout = layoutOf(site.deployTo);
  await takeLock(site.deployTo, WHO);
  const record = JSON.parse(await readFile(layout.lock, "utf8"));
  const aliveWith = async (change: object) => {
    await writeFile(layout.lock, JSON.stringify({ ...record, holder: { ...record.holder, ...change } }));
    return (await inspectHost(site.deployTo)).lock?.alive;
  };
  expect(await aliveWith({})).toBe(true);
  expect(await aliveWith({ startTicks: "1" })).toBe(false);
  expect(await aliveWith({ bootId: "an earlier one" })).toBe(false);
  expect(await aliveWith({ bootId: "another", hostname: "other-machine" })).toBe(true);
  expect(await aliveWith({ namespace: "pid:[1]" })).toBe(true);
});

test("a damaged lock file is a lock that can be broken", async () => {
  await using site = await newSite();
  const layout = layoutOf(site.deployTo);
  await mkdir(layout.own, { recursive: true });
  await writeFile(layout.lock, "");
  await expect(takeLock(site.deployTo, WHO)).rejects.toThrow("locked by unknown (damaged lock)");
  const { token } = await takeLock(site.deployTo, { ...WHO, breakLock: true });
  await checkLock(site.deployTo, token);
});

test.each([
  [0, "12:03 UTC, 0 s ago"],
  [-5_000, "12:03 UTC, 0 s ago"],
  [59_999, "12:03 UTC, 59 s ago"],
  [4 * 60_000, "12:03 UTC, 4 min ago"],
  [90 * 60_000, "12:03 UTC, 1 h ago"],
  [25 * 3_600_000, "2026-11-23 12:03 UTC, 25 h ago"],
  [5 * 86_400_000, "2026-11-23 12:03 UTC, 5 days ago"],
])("a lock %d ms old was taken %p", (ageMs, text) => {
  const since = "2026-11-23T12:03:00.000Z";
  const lease = { leaseMs: undefined, heartbeatMs: undefined };
  const lock = { ...WHO, ...lease, run: "", since, token: "", holder: undefined };
  const words = `ops@laptop (pid 123) for prod since ${text}`;
  expect(describeLock(lock, { nowMs: Date.parse(since) + ageMs })).toBe(words);
});

test("a place that may not be written says so", async () => {
  await using site = await newSite();
  await mkdir(site.deployTo);
  await writeFile(join(site.deployTo, "releases"), "");
  await expect(takeLock(site.deployTo, WHO)).rejects.toMatchObject({ code: "release" });
});

/** Lets children go that all wait, and collects the answer that follows. */
async function race(children: readonly Child[]) {
  await Promise.all(children.map((child) => child.next()));
  for (const child of children) child.go();
  return await Promise.all(
    children.map(async (child) => {
      await child.next();
      return await child.next();
    }),
  );
}
