// What the lock file says.
import { readFile, stat } from "node:fs/promises";
import { hasCode } from "./faults.ts";
import { type Holder, parseHolder } from "./holder.ts";
import type { Layout } from "./layout.ts";

export interface LockRecord {
  readonly app: string;
  readonly owner: string;
  readonly ownerPid: number;
  /** ISO 8601, this host's clock. */
  readonly since: string;
  readonly token: string;
  /** undefined: the file was damaged. */
  readonly holder: Holder | undefined;
}

/** The lock as it is on disk; undefined when nobody holds it. A damaged file is a lock of nobody that can be broken. */
export async function readLock(layout: Layout): Promise<LockRecord | undefined> {
  try {
    const text = await readFile(layout.lock, "utf8");
    const record = parseLock(text);
    if (record !== undefined) return record;
    const { ino, mtime } = await stat(layout.lock);
    const since = mtime.toISOString();
    return {
      app: "",
      owner: "unknown (damaged lock)",
      ownerPid: 0,
      since,
      token: `damaged-${ino}`,
      holder: undefined,
    };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** `ops@laptop (pid 123) since 12:03 UTC, 4 min ago`; with the date when it is older than a day. */
export function describeLock(lock: LockRecord, { nowMs = Date.now() } = {}): string {
  const ageMs = nowMs - Date.parse(lock.since);
  const date = ageMs >= DAY_MS ? `${lock.since.slice(0, 10)} ` : "";
  return `${lock.owner} (pid ${lock.ownerPid}) since ${date}${lock.since.slice(11, 16)} UTC, ${age(ageMs)} ago`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function age(ageMs: number): string {
  if (ageMs < MINUTE_MS) return `${Math.max(0, Math.floor(ageMs / 1000))} s`;
  if (ageMs < HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)} min`;
  if (ageMs < 2 * DAY_MS) return `${Math.floor(ageMs / HOUR_MS)} h`;
  return `${Math.floor(ageMs / DAY_MS)} days`;
}

function parseLock(text: string): LockRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { app, owner, ownerPid, since, token, holder } = value as Record<string, unknown>;
  if (typeof app !== "string" || typeof owner !== "string" || typeof ownerPid !== "number") return undefined;
  if (typeof since !== "string" || Number.isNaN(Date.parse(since))) return undefined;
  // The token becomes part of a file name when the lock ends.
  if (typeof token !== "string" || !/^[0-9a-f]{32}$/.test(token)) return undefined;
  const parsed = parseHolder(holder);
  return parsed && { app, owner, ownerPid, since, token, holder: parsed };
}
