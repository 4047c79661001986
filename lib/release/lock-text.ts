// A lock as a shell script on its host tells of it; pure.
import { sightOf } from "./holder.ts";
import { describeLease } from "./lease.ts";
import { damagedLock, NOBODY, parseLock } from "./lock-file.ts";
import type { LockInfo } from "./types.ts";

const KEYS = ["lock", "lock-beat", "lock-process", "now", "hostname", "namespace", "boot"] as const;
type LockKey = (typeof KEYS)[number];

/**
 * The lock file in one line; when it last changed and the time now, in seconds since the epoch; /proc/PID/stat of the
 * process it names; and where that was looked at.
 */
export type LockText = { [Key in LockKey]?: string };

export function isLockKey(key: string): key is LockKey {
  return KEYS.some((known) => known === key);
}

/** The lock as the peer would describe it; undefined when there is none. */
export function lockOf(text: LockText): LockInfo | undefined {
  if (text.lock === undefined) return undefined;
  const nowMs = Number(text.now ?? 0) * 1000;
  const heartbeatMs = Number(text["lock-beat"] ?? text.now ?? 0) * 1000;
  const lock = parseLock(text.lock) ?? damagedLock(heartbeatMs, 0);
  const { hostname = "", namespace = "", boot: bootId = "" } = text;
  const here = { hostname, namespace, bootId };
  const sight = lock.holder === undefined ? "gone" : sightOf(lock.holder, here, processOf(text));
  return describeLease(lock, { heartbeatMs, nowMs, sight });
}

/** State is field 3, the start field 22; the second, the program's name in brackets, may hold anything. */
function processOf({ "lock-process": stat }: LockText) {
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && { ended: "ZX".includes(fields[0] ?? ""), startTicks: fields[19] ?? "" };
}

/** Nobody can tell whose lock it was, so it isn't taken over without being told to. */
export function isDamaged({ owner }: LockInfo): boolean {
  return owner === NOBODY;
}

/** ` for prod`, when it is known for what. */
function purpose({ environment = "" }: LockInfo): string {
  return environment === "" ? "" : ` for ${environment}`;
}

/** `locked by ops@laptop for prod since 2026-…`, and until when, or why that counts no more. */
export function lockPhrase(lock: LockInfo): string {
  const held = `locked by ${lock.owner}${purpose(lock)} since ${lock.since}`;
  const next = isDamaged(lock) ? "--break-lock takes it" : "the next deploy takes it over";
  if (lock.stale !== undefined) return `${held} (stale: ${lock.stale}; ${next})`;
  return lock.expiresAt === undefined ? held : `${held}, until ${lock.expiresAt} unless renewed`;
}
