// What the lock file says.
import { readFile, stat } from "node:fs/promises";
import { hasCode } from "./faults.ts";
import { type Holder, parseHolder } from "./holder.ts";
import type { Layout } from "./layout.ts";

export interface LockRecord {
  readonly app: string;
  /** How the operator named the inventory; "" when nobody said. */
  readonly environment: string;
  /** user@controlhost */
  readonly owner: string;
  readonly ownerPid: number;
  /** Names the run, the same on all its hosts; runs are told older from younger by it. */
  readonly run: string;
  /** ISO 8601, this host's clock. */
  readonly since: string;
  /** How long it counts after a renewal; undefined: for ever. */
  readonly leaseMs: number | undefined;
  readonly heartbeatMs: number | undefined;
  readonly token: string;
  /** undefined: the file was damaged. */
  readonly holder: Holder | undefined;
}

/**
 * The lock as it is on disk, and when it was renewed; undefined when nobody holds it. A damaged file is a lock of nobody
 * that can be broken.
 */
export async function readLock(
  layout: Layout,
): Promise<{ readonly lock: LockRecord; readonly heartbeatMs: number } | undefined> {
  try {
    // In this order: what is renewed in between counts for the lock that was there before, and at worst for one moment.
    const { ino, mtimeMs: heartbeatMs } = await stat(layout.lock);
    const lock = parseLock(await readFile(layout.lock, "utf8")) ?? damagedLock(heartbeatMs, ino);
    return { lock, heartbeatMs };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whom a damaged lock file names. */
export const NOBODY = "unknown (damaged lock)";

/** The lock that a damaged file stands for; `mark` tells it from a later one. */
export function damagedLock(changedMs: number, mark: number): LockRecord {
  return {
    ...{ app: "", environment: "", owner: NOBODY, ownerPid: 0, run: "" },
    since: new Date(Math.floor(changedMs / 1000) * 1000).toISOString(),
    ...{ leaseMs: undefined, heartbeatMs: undefined, token: `damaged-${mark}`, holder: undefined },
  };
}

/** undefined when `text` is no lock of ours. */
export function parseLock(text: string): LockRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { app, owner, ownerPid, since, token } = fields;
  if (typeof app !== "string" || typeof owner !== "string" || typeof ownerPid !== "number") return undefined;
  if (typeof since !== "string" || Number.isNaN(Date.parse(since))) return undefined;
  // The token becomes part of a file name when the lock ends.
  if (typeof token !== "string" || !/^[0-9a-f]{32}$/.test(token)) return undefined;
  const holder = parseHolder(fields.holder);
  if (holder === undefined) return undefined;
  const textOf = (name: string) => (typeof fields[name] === "string" ? fields[name] : "");
  const spanOf = (name: string) => {
    const span = fields[name];
    return typeof span === "number" && span > 0 ? span : undefined;
  };
  return {
    ...{ app, environment: textOf("environment"), owner, ownerPid, run: textOf("run"), since, token },
    ...{ leaseMs: spanOf("leaseMs"), heartbeatMs: spanOf("heartbeatMs"), holder },
  };
}
