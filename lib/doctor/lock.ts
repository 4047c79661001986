// Who holds a host's lock, and whether that deploy still runs.
import { parseHolder } from "../release/holder.ts";
import type { Probe } from "./probe.ts";

export interface HeldLock {
  readonly owner: string;
  /** ISO 8601, the host's clock; "" when the file is damaged. */
  readonly since: string;
  readonly stale: boolean;
}

/** The lock as `probe` found it; undefined when there is none. A damaged file is a stale lock of nobody. */
export function heldLock(facts: Pick<Probe, "lock" | "lockProcess" | "bootId" | "hostname" | "namespace">) {
  if (facts.lock === undefined) return undefined;
  const record = parse(facts.lock);
  const holder = parseHolder(record?.holder);
  const { owner, since } = record ?? {};
  if (holder === undefined || typeof owner !== "string" || typeof since !== "string")
    return { owner: "nobody (the lock file is damaged)", since: "", stale: true } satisfies HeldLock;
  return { owner, since, stale: !runs(holder, facts) } satisfies HeldLock;
}

// As the lock itself decides: what can't be seen from that host (a shared disk, a container) counts as running.
function runs(
  holder: NonNullable<ReturnType<typeof parseHolder>>,
  {
    lockProcess,
    bootId,
    hostname,
    namespace,
  }: Pick<Probe, "lockProcess" | "bootId" | "hostname" | "namespace">,
): boolean {
  if (holder.hostname !== hostname) return true;
  if (holder.bootId !== bootId) return false;
  if (holder.namespace !== namespace) return true;
  // Field 22 of /proc/PID/stat; the name in brackets may hold spaces.
  const ticks = lockProcess?.slice(lockProcess.lastIndexOf(")") + 2).split(" ")[19];
  return ticks === holder.startTicks;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
