// The process that holds a lock, told apart from any later process that got its number.
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { isRunning } from "../running.ts";
import { readProcess } from "./process.ts";

/** Where process numbers mean something. */
export interface Place {
  readonly hostname: string;
  /** Kernel's id of this boot. */
  readonly bootId: string;
  /** PID namespace: numbers mean nothing outside it. */
  readonly namespace: string;
}

export interface Holder extends Place {
  readonly pid: number;
  /** Clock ticks after boot: field 22 of /proc/<pid>/stat. */
  readonly startTicks: string;
}

/** unseen: on another machine of a shared disk, or in another container; restarted: its host was, since. */
export type Sight = "runs" | "gone" | "restarted" | "unseen";

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
  const sight = await look(holder);
  return sight === "runs" || sight === "unseen";
}

/** What can be seen of `holder` from here. */
export async function look(holder: Holder): Promise<Sight> {
  const { pid } = holder;
  // With hidepid another user's process can't be read, though it is there.
  const status = (await readProcess(pid)) ?? (isRunning(pid) ? "hidden" : undefined);
  return sightOf(holder, await here(), status);
}

/** What `holder` is as seen from `here`, where `process` is what runs under its number now; pure. */
export function sightOf(
  holder: Holder,
  here: Place,
  process: { readonly startTicks: string; readonly ended: boolean } | "hidden" | undefined,
): Sight {
  if (holder.hostname !== here.hostname) return "unseen";
  if (holder.bootId !== here.bootId) return "restarted";
  if (holder.namespace !== here.namespace) return "unseen";
  if (process === undefined) return "gone";
  if (process === "hidden") return "runs";
  return process.startTicks === holder.startTicks && !process.ended ? "runs" : "gone";
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

async function here(): Promise<Place> {
  const [bootId, namespace] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readlink("/proc/self/ns/pid"),
  ]);
  return { hostname: hostname(), bootId: bootId.trim(), namespace };
}
