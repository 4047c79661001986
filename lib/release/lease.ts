// Whether a lock still counts: its holder renews it while it hears its control host, and what is renewed no more runs out. Pure.
import type { Sight } from "./holder.ts";
import type { LockRecord } from "./lock-file.ts";
import type { LockInfo } from "./types.ts";

/** How often a lock is renewed: with each sign of life from the control host. */
export const HEARTBEAT_MS = 10_000;

/** How long a lock counts after its last renewal: twice as long as a peer that hears nothing goes on for. */
export const LEASE_MS = 120_000;

/**
 * held: its holder renews it. dead: its holder certainly is no more. expired: by the clocks it was not renewed in time,
 * which clocks that were set, or differ, can make believe. damaged: the file says nothing.
 */
export type LeaseState = "held" | "dead" | "expired" | "damaged";

export interface LeaseFacts {
  /** When the lock's file last changed, which is when it was renewed, by its disk's clock. */
  readonly heartbeatMs: number;
  readonly nowMs: number;
  /** What can be seen of the holder from here. */
  readonly sight: Sight;
}

export function leaseState(lock: LockRecord, { heartbeatMs, nowMs, sight }: LeaseFacts): LeaseState {
  if (lock.holder === undefined) return "damaged";
  if (sight === "gone" || sight === "restarted") return "dead";
  return lock.leaseMs !== undefined && nowMs - heartbeatMs > lock.leaseMs ? "expired" : "held";
}

/** Why a lock is stale, in words; undefined when it is not. */
export function staleReason(lock: LockRecord, facts: LeaseFacts): string | undefined {
  const { heartbeatMs, nowMs, sight } = facts;
  const state = leaseState(lock, facts);
  if (state === "held") return undefined;
  if (state === "damaged") return "the lock file is damaged";
  const beat = `last heartbeat ${clockTime(heartbeatMs, nowMs)}`;
  if (sight === "restarted") return `the host was restarted since, ${beat}`;
  if (sight === "gone") return `its peer no longer runs there, ${beat}`;
  const seen = sight === "runs" ? "its peer hangs" : "its peer can't be seen from there";
  return `expired: ${seen}, ${beat}`;
}

/** What a host says of a lock. */
export function describeLease(lock: LockRecord, facts: LeaseFacts): LockInfo {
  const { app, environment, owner, ownerPid, since, leaseMs } = lock;
  const seconds = Math.floor(facts.heartbeatMs / 1000) * 1000;
  const stale = staleReason(lock, facts);
  return {
    ...{ app, environment, owner, ownerPid, since, alive: stale === undefined },
    heartbeatAt: new Date(seconds).toISOString(),
    ...(leaseMs === undefined ? {} : { expiresAt: new Date(seconds + leaseMs).toISOString() }),
    ...(stale === undefined ? {} : { stale }),
  };
}

/** `ops@laptop (pid 123) for prod since 12:03 UTC, 4 min ago`; with the date when it is older than a day. */
export function describeLock(lock: LockRecord, { nowMs = Date.now() } = {}): string {
  const { owner, ownerPid, environment, since } = lock;
  const where = environment === "" ? "" : ` for ${environment}`;
  return `${owner} (pid ${ownerPid})${where} since ${clockTime(Date.parse(since), nowMs)}`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function clockTime(atMs: number, nowMs: number): string {
  const text = new Date(atMs).toISOString();
  const ageMs = nowMs - atMs;
  const date = ageMs >= DAY_MS ? `${text.slice(0, 10)} ` : "";
  return `${date}${text.slice(11, 16)} UTC, ${age(ageMs)} ago`;
}

function age(ageMs: number): string {
  if (ageMs < MINUTE_MS) return `${Math.max(0, Math.floor(ageMs / 1000))} s`;
  if (ageMs < HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)} min`;
  if (ageMs < 2 * DAY_MS) return `${Math.floor(ageMs / HOUR_MS)} h`;
  return `${Math.floor(ageMs / DAY_MS)} days`;
}
