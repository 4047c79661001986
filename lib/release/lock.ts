// One deploy at a time: .rookery/lock, a lease whose holder renews it, and which only that holder frees.
import { randomBytes } from "node:crypto";
import { link, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { OpsError } from "../errors.ts";
import { syncFolder, writeDraft } from "./durable.ts";
import { fileFault, hasCode, interruption } from "./faults.ts";
import { isAlive, look, ownHolder } from "./holder.ts";
import { ensureLayout, type Layout, layoutOf } from "./layout.ts";
import { describeLease, describeLock, HEARTBEAT_MS, LEASE_MS, leaseState, staleReason } from "./lease.ts";
import { endLock, withClaim } from "./lock-end.ts";
import { type LockRecord, readLock } from "./lock-file.ts";
import { type Refusal, refusalOf, type Seen } from "./refusal.ts";
import type { LockInfo } from "./types.ts";

export interface TakeLockOptions {
  readonly app: string;
  /** How the operator named the inventory. */
  readonly environment?: string | undefined;
  /** user@controlhost */
  readonly owner: string;
  /** Process id on the control host. */
  readonly ownerPid: number;
  /** Names the run, the same on all its hosts. */
  readonly run?: string | undefined;
  /** Take it from whoever holds it now. */
  readonly breakLock?: boolean;
  /** How long it counts without `renewLock`, which is to come every `heartbeatMs`. */
  readonly leaseMs?: number;
  readonly heartbeatMs?: number;
  /** Told before a wait to see whether a lock that has run out is renewed after all. */
  readonly onWatch?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A lock that was taken: `token` proves ownership; `broke` says whose lock had to go, and why it could. */
export interface Taken {
  readonly token: string;
  readonly broke: string | undefined;
}

/**
 * Takes the lock of `deployTo` for this process, making the folders where there are none. Of any number of takers
 * exactly one gets it. A lock whose holder certainly is no more is taken over, and so is one that has run out and isn't
 * renewed while we look; all others are left unless `breakLock` says otherwise.
 */
export async function tryLock(
  deployTo: string,
  options: TakeLockOptions,
): Promise<Taken | { readonly refusal: Refusal }> {
  const { app, environment = "", owner, ownerPid, run = "" } = options;
  const { leaseMs = LEASE_MS, heartbeatMs = HEARTBEAT_MS } = options;
  const layout = layoutOf(deployTo);
  const token = randomBytes(16).toString("hex");
  const since = new Date().toISOString();
  try {
    await ensureLayout(layout);
    const who = { app, environment, owner, ownerPid, run };
    const record: LockRecord = { ...who, since, leaseMs, heartbeatMs, token, holder: await ownHolder() };
    const draft = await writeDraft(`${JSON.stringify(record)}\n`, layout.temporary);
    try {
      const placed = await place(layout, draft, options);
      if ("refusal" in placed) return placed;
      await syncFolder(layout.own);
      return { token, broke: placed.broke };
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    throw fileFault(error, `can't lock ${layout.deployTo}`);
  }
}

/**
 * As `tryLock`.
 * @throws OpsError `locked` naming owner, time and, in the hint, what to do
 */
export async function takeLock(deployTo: string, options: TakeLockOptions): Promise<Taken> {
  const answer = await tryLock(deployTo, options);
  if (!("refusal" in answer)) return answer;
  const { message, hint } = answer.refusal;
  throw new OpsError("locked", message, { hint });
}

/** Frees the lock when it still is the one `token` was given for; false when somebody took it over meanwhile. */
export async function freeLock(
  deployTo: string,
  token: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const layout = layoutOf(deployTo);
  try {
    if ((await readLock(layout))?.lock.token !== token) return false;
    return await endLock(layout, token, { signal });
  } catch (error) {
    throw fileFault(error, `can't free the lock of ${layout.deployTo}`);
  }
}

/** A heartbeat: the lock counts from now on again. False when it no longer is the one `token` was given for. */
export async function renewLock(deployTo: string, token: string): Promise<boolean> {
  const layout = layoutOf(deployTo);
  if ((await readLock(layout))?.lock.token !== token) return false;
  const now = new Date();
  // Needs no room, so that a full disk costs nobody the lock. Should it change hands just now, its new owner's heartbeat is one early.
  await utimes(layout.lock, now, now);
  return true;
}

/**
 * For the moment before something that can't be taken back.
 * @throws OpsError `locked` when the lock is no longer the one `token` was given for
 */
export async function checkLock(deployTo: string, token: string): Promise<void> {
  const layout = layoutOf(deployTo);
  const held = (await readLock(layout))?.lock;
  if (held?.token === token) return;
  const by = held === undefined ? "is gone" : `was taken over: now held by ${describeLock(held)}`;
  throw new OpsError("locked", `the lock of ${layout.deployTo} ${by}`, {
    hint: "ask who took it, then deploy again",
  });
}

/**
 * Does `act`, a matter of moments, while nobody can take the lock from its owner: also for one that was asleep, or hung,
 * for so long that the lock would be somebody else's the moment after it was checked.
 * @throws OpsError `locked` when the lock is no longer the one `token` was given for
 */
export async function underLock<T>(deployTo: string, token: string, act: () => Promise<T>): Promise<T> {
  const layout = layoutOf(deployTo);
  await checkLock(deployTo, token);
  return await withClaim(layout, token, {}, async () => {
    await checkLock(deployTo, token);
    return await act();
  });
}

/** Who holds the lock; undefined when nobody does. */
export async function lockInfo(layout: Layout): Promise<LockInfo | undefined> {
  const seen = await seeLock(layout);
  return seen && describeLease(seen.lock, seen);
}

/** Whether the lock is held by a process that still runs and isn't this one. */
export async function lockedByOther(layout: Layout): Promise<boolean> {
  const held = (await readLock(layout))?.lock;
  if (held?.holder === undefined || !(await isAlive(held.holder))) return false;
  const own = await ownHolder();
  return held.holder.pid !== own.pid || held.holder.startTicks !== own.startTicks;
}

async function seeLock(layout: Layout): Promise<Seen | undefined> {
  const held = await readLock(layout);
  if (held === undefined) return undefined;
  const sight = held.lock.holder === undefined ? "gone" : await look(held.lock.holder);
  return { ...held, sight, nowMs: Date.now() };
}

async function place(
  layout: Layout,
  draft: string,
  options: TakeLockOptions,
): Promise<{ readonly broke: string | undefined } | { readonly refusal: Refusal }> {
  const { breakLock = false, signal } = options;
  let condemned: LockRecord | undefined;
  for (;;) {
    if (await tryLink(draft, layout.lock)) return { broke: undefined };
    const seen = await seeLock(layout);
    if (seen === undefined) continue; // freed between the two calls
    const { lock } = seen;
    condemned ??= lock;
    // Only the lock the operator was told about may be broken, not the one somebody took since.
    const isBroken = breakLock && lock.token === condemned.token;
    const stillDue = async () => isBroken || (await isStale(layout, lock));
    if (!isBroken && !(await isOver(layout, seen, options))) return { refusal: refusalOf(seen) };
    const broke = `${describeLock(lock)}, ${staleReason(lock, seen) ?? "still running"}`;
    if (await endLock(layout, lock.token, { successor: draft, stillDue, signal })) return { broke };
  }
}

/** Whether a lock may be taken over without being told to. */
async function isOver(layout: Layout, seen: Seen, { onWatch, signal }: TakeLockOptions): Promise<boolean> {
  const state = leaseState(seen.lock, seen);
  if (state !== "expired") return state === "dead";
  // Clocks are set, and differ between machines that share a disk. Whether it is renewed can be seen with any clock.
  const watchMs = 2.5 * (seen.lock.heartbeatMs ?? HEARTBEAT_MS);
  onWatch?.(`the lock has run out; watching it for ${Math.ceil(watchMs / 1000)} s`);
  await wait(watchMs, undefined, { signal }).catch((error) => {
    throw signal === undefined ? error : interruption(signal, "watching a lock that has run out");
  });
  const now = await readLock(layout);
  return now?.lock.token === seen.lock.token && now.heartbeatMs === seen.heartbeatMs;
}

/** Whether the lock is stale still: a holder that came back in the last moment keeps it. */
async function isStale(layout: Layout, { token }: LockRecord): Promise<boolean> {
  const seen = await seeLock(layout);
  return seen?.lock.token === token && leaseState(seen.lock, seen) !== "held";
}

/** link(2) fails when the name is taken, and the file behind it is complete from the first moment. */
async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    // Over NFS the answer of a link that was made can get lost, and its repetition fails: the link count tells.
    if ((await stat(draft)).nlink === 2) return true;
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}
