// Locks that run out, clocks that are wrong, holders that come back.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Sight } from "../../lib/release/holder.ts";
import { inspectHost } from "../../lib/release/inspect.ts";
import { layoutOf } from "../../lib/release/layout.ts";
import { describeLease, type LeaseState, leaseState } from "../../lib/release/lease.ts";
import { checkLock, freeLock, renewLock, takeLock, underLock } from "../../lib/release/lock.ts";
import type { LockRecord } from "../../lib/release/lock-file.ts";
import { isLockKey, lockOf, lockPhrase } from "../../lib/release/lock-text.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { newSite } from "./site.ts";

setDefaultTimeout(30_000);

const before = footprint();
afterAll(() => expectNothingLeft(before));

const WHO = { app: "shop", environment: "prod", owner: "ops@laptop", ownerPid: 123 };
const BRIEF = { leaseMs: 800, heartbeatMs: 300 };
const HOUR_MS = 3_600_000;

const holder = { hostname: "web1", bootId: "boot", namespace: "pid:[1]", pid: 7, startTicks: "9" };
const record: LockRecord = {
  ...WHO,
  ...{ run: "", since: "2026-11-23T12:00:00.000Z", leaseMs: 120_000, heartbeatMs: 10_000 },
  ...{ token: "a".repeat(32), holder },
};
const noon = Date.parse(record.since);

describe("what a lock is", () => {
  test.each<[Sight, number, LeaseState, string | undefined]>([
    ["runs", 0, "held", undefined],
    ["runs", 120_000, "held", undefined],
    ["runs", 120_001, "expired", "expired: its peer hangs, last heartbeat 12:00 UTC, 2 min ago"],
    // A clock that was set back makes no lock stale.
    ["runs", -HOUR_MS, "held", undefined],
    ["unseen", 60_000, "held", undefined],
    [
      "unseen",
      HOUR_MS,
      "expired",
      "expired: its peer can't be seen from there, last heartbeat 12:00 UTC, 1 h ago",
    ],
    ["gone", 0, "dead", "its peer no longer runs there, last heartbeat 12:00 UTC, 0 s ago"],
    ["restarted", 60_000, "dead", "the host was restarted since, last heartbeat 12:00 UTC, 1 min ago"],
  ])("whose holder %s, %d ms after its last heartbeat: %s", (sight, ageMs, state, stale) => {
    const facts = { sight, heartbeatMs: noon, nowMs: noon + ageMs };
    expect(leaseState(record, facts)).toBe(state);
    expect(describeLease(record, facts).stale).toBe(stale);
  });

  test("one of before there were leases never runs out, a damaged one is nobody's", () => {
    const facts = { sight: "runs", heartbeatMs: noon, nowMs: noon + 1000 * HOUR_MS } as const;
    expect(leaseState({ ...record, leaseMs: undefined }, facts)).toBe("held");
    expect(leaseState({ ...record, holder: undefined }, facts)).toBe("damaged");
  });

  test("as a shell on its host tells of it", () => {
    const text = {
      lock: JSON.stringify(record),
      ...{ "lock-beat": `${noon / 1000}`, now: `${noon / 1000 + 30}` },
      ...{ hostname: "web1", namespace: "pid:[1]", boot: "boot" },
    };
    expect(Object.keys(text).every(isLockKey)).toBe(true);
    const stat = `7 (a) (b) S ${"0 ".repeat(18)}9 0 0`;
    const [held, gone, damaged] = [
      lockOf({ ...text, "lock-process": stat }),
      lockOf(text),
      lockOf({ ...text, lock: "{" }),
    ];
    if (held === undefined || gone === undefined || damaged === undefined) throw new Error("no lock");
    const by = "locked by ops@laptop for prod since 2026-11-23T12:00:00.000Z";
    expect(lockPhrase(held)).toBe(`${by}, until 2026-11-23T12:02:00.000Z unless renewed`);
    expect(lockPhrase(gone)).toBe(
      `${by} (stale: its peer no longer runs there, last heartbeat 12:00 UTC, 30 s ago; the next deploy takes it over)`,
    );
    expect(lockPhrase(damaged)).toEndWith("(stale: the lock file is damaged; --break-lock takes it)");
    expect(lockOf({})).toBeUndefined();
  });
});

test("a lock that is renewed is kept past its time, one that isn't is taken over, and its owner can do nothing more", async () => {
  await using site = await newSite();
  const first = await takeLock(site.deployTo, { ...WHO, ...BRIEF });
  const renewing = setInterval(() => void renewLock(site.deployTo, first.token), 20);
  try {
    await wait(2 * BRIEF.leaseMs);
    const refused = {
      code: "locked",
      hint: expect.stringMatching(/still runs \(last heartbeat \d+ s ago\)/),
    };
    await expect(takeLock(site.deployTo, WHO)).rejects.toMatchObject(refused);
  } finally {
    clearInterval(renewing);
  }
  await until(async () => (await inspectHost(site.deployTo)).lock?.alive === false);
  const watched: string[] = [];
  const second = await takeLock(site.deployTo, {
    ...WHO,
    owner: "eve@desk",
    onWatch: (text) => watched.push(text),
  });
  expect(second.broke).toMatch(/^ops@laptop .* ago, expired: its peer hangs, last heartbeat .* ago$/);
  expect(watched).toEqual(["the lock has run out; watching it for 1 s"]);

  let done = false;
  const act = async () => {
    done = true;
  };
  await expect(underLock(site.deployTo, first.token, act)).rejects.toThrow(
    "taken over: now held by eve@desk",
  );
  expect(done).toBe(false);
  expect(await renewLock(site.deployTo, first.token)).toBe(false);
  expect(await freeLock(site.deployTo, first.token)).toBe(false);
  await checkLock(site.deployTo, second.token);
});

test("a holder that can't be seen, and whose clock is an hour behind, keeps its lock for as long as it renews it", async () => {
  await using site = await newSite();
  const layout = layoutOf(site.deployTo);
  await takeLock(site.deployTo, { ...WHO, ...BRIEF });
  const taken = JSON.parse(await readFile(layout.lock, "utf8"));
  const elsewhere = { ...taken, holder: { ...taken.holder, hostname: "another-machine" } };
  await writeFile(layout.lock, JSON.stringify(elsewhere));
  const beat = async () => {
    const behind = new Date(Date.now() - HOUR_MS);
    await utimes(layout.lock, behind, behind);
  };
  await beat();
  const beating = setInterval(() => void beat(), 20);
  try {
    expect((await inspectHost(site.deployTo)).lock).toMatchObject({ alive: false });
    const hint = expect.stringMatching(/still runs \(it was renewed while we watched; its clock differs/);
    await expect(takeLock(site.deployTo, WHO)).rejects.toMatchObject({ code: "locked", hint });
  } finally {
    clearInterval(beating);
  }
  const { broke } = await takeLock(site.deployTo, WHO);
  expect(broke).toMatch(/expired: its peer can't be seen from there, last heartbeat .*, 1 h ago$/);
});

test("while something that can't be taken back is done, even --break-lock waits", async () => {
  await using site = await newSite();
  const first = await takeLock(site.deployTo, WHO);
  const inside = Promise.withResolvers<void>();
  const order: string[] = [];
  const acting = underLock(site.deployTo, first.token, async () => {
    await inside.promise;
    await checkLock(site.deployTo, first.token);
    order.push("done");
  });
  const breaking = takeLock(site.deployTo, { ...WHO, breakLock: true }).then(() => order.push("broken"));
  // Whoever breaks it makes its draft first, then waits for the claim.
  await until(async () => (await readFile(layoutOf(site.deployTo).lock, "utf8")).includes(first.token));
  await wait(200);
  inside.resolve();
  await Promise.all([acting, breaking]);
  expect(order).toEqual(["done", "broken"]);
  await expect(checkLock(site.deployTo, first.token)).rejects.toMatchObject({ code: "locked" });
});

test("Ctrl+C ends the watch over a lock that has run out", async () => {
  await using site = await newSite();
  const layout = layoutOf(site.deployTo);
  await takeLock(site.deployTo, { ...WHO, leaseMs: 1, heartbeatMs: 60_000 });
  const old = new Date(Date.now() - HOUR_MS);
  await utimes(layout.lock, old, old);
  const controller = new AbortController();
  const options = { ...WHO, signal: controller.signal, onWatch: () => controller.abort() };
  await expect(takeLock(site.deployTo, options)).rejects.toMatchObject({ code: "interrupted" });
  expect((await stat(layout.lock)).mtimeMs).toBe(old.getTime());
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error("waited for 20 s");
    await wait(20);
  }
}
