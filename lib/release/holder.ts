// The process that holds a lock, told apart from any later process that got its number.
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { isRunning } from "../running.ts";
import { readProcess } from "./process.ts";

export interface Holder {
  readonly hostname: string;
  /** Kernel's id of this boot. */
  readonly bootId: string;
  /** PID namespace: numbers mean nothing outside it. */
  readonly namespace: string;
  readonly pid: number;
  /** Clock ticks after boot: field 22 of /proc/<pid>/stat. */
  readonly startTicks: string;
}

/** The process this runs in. */
export async function ownHolder(): Promise<Holder> {
  const status = await readProcess(process.pid);
  return { ...(await here()), pid: process.pid, startTicks: status?.startTicks ?? "" };
}

/**
 * Whether `holder` still runs. Where that can't be seen from here (another machine on a shared disk, another
 * container) it counts as alive: a lock too many is a question, a lock too few a broken release.
 */
export async function isAlive(holder: Holder): Promise<boolean> {
  const { hostname, bootId, namespace } = await here();
  if (holder.hostname !== hostname) return true;
  if (holder.bootId !== bootId) return false;
  if (holder.namespace !== namespace) return true;
  if (!isRunning(holder.pid)) return false;
  const status = await readProcess(holder.pid);
  // With hidepid another user's process can't be read, though it is there.
  if (status === undefined) return isRunning(holder.pid);
  return status.startTicks === holder.startTicks && !status.ended;
}

/** `text` as a Holder; undefined when it is none. */
export function parseHolder(value: unknown): Holder | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { hostname, bootId, namespace, pid, startTicks } = value as Record<string, unknown>;
  if (typeof hostname !== "string" || typeof bootId !== "string" || typeof namespace !== "string")
    return undefined;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1 || typeof startTicks !== "string")
    return undefined;
  return { hostname, bootId, namespace, pid, startTicks };
}

async function here(): Promise<Omit<Holder, "pid" | "startTicks">> {
  const [bootId, namespace] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readlink("/proc/self/ns/pid"),
  ]);
  return { hostname: hostname(), bootId: bootId.trim(), namespace };
}
