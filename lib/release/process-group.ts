// A command and all it started, ended together.
import { readdir } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { hasCode } from "./faults.ts";
import { readProcess } from "./process.ts";

/** A process that SIGKILL doesn't end hangs in the kernel; waiting longer won't help. */
const KILL_MS = 2_000;
const POLL_MS = 20;

/** SIGTERM to every process of `group`, SIGKILL to those still there `graceMs` later; returns when none is left. */
export async function endGroup(group: number, { graceMs }: { readonly graceMs: number }): Promise<void> {
  signalGroup(group, "SIGTERM");
  if (await isGoneWithin(group, graceMs)) return;
  signalGroup(group, "SIGKILL");
  await isGoneWithin(group, KILL_MS, () => signalGroup(group, "SIGKILL"));
}

async function isGoneWithin(group: number, limitMs: number, meanwhile?: () => void): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (await isRunning(group)) {
    if (performance.now() > deadlineMs) return false;
    // A child may have been forked while the signal went round.
    meanwhile?.();
    await wait(POLL_MS);
  }
  return true;
}

/** Whether `group` has a process that has not ended. In containers whose first process reaps nobody, zombies stay for good. */
async function isRunning(group: number): Promise<boolean> {
  if (!signalGroup(group, 0)) return false;
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readProcess(Number(name));
    if (status?.group === group && !status.ended) return true;
  }
  return false;
}

/** False when no process of that group is left. */
function signalGroup(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, name);
    return true;
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false;
    throw error;
  }
}
