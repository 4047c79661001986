// Why a lock could not be taken, in words. Pure.
import { describeLock, type LeaseFacts, leaseState } from "./lease.ts";
import type { LockRecord } from "./lock-file.ts";

/** A lock as it was found. */
export interface Seen extends LeaseFacts {
  readonly lock: LockRecord;
}

/** Why a lock could not be taken. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
  /** The run that holds it; "" when that isn't known. */
  readonly run: string;
  /** Since when, by this host's clock. */
  readonly ageMs: number;
}

export function refusalOf(seen: Seen): Refusal {
  const { lock, heartbeatMs, nowMs } = seen;
  const host = lock.owner.split("@").at(-1);
  // What is refused is held, or was renewed by a clock that differs, or is damaged.
  const beat =
    leaseState(lock, seen) === "held"
      ? `last heartbeat ${Math.max(0, Math.round((nowMs - heartbeatMs) / 1000))} s ago`
      : "it was renewed while we watched; its clock differs from this host's";
  return {
    message: `locked by ${describeLock(lock)}`,
    hint:
      lock.holder === undefined
        ? "stale: the lock file is damaged; repeat with --break-lock"
        : `that deploy still runs (${beat}): wait for it with --lock-wait 15m, or stop it on ${host}; --break-lock takes the lock from it`,
    run: lock.run,
    ageMs: nowMs - Date.parse(lock.since),
  };
}
