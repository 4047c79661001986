// One run of a tool, from its start to its end, and what it cost this machine.
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Thousand } from "../../support/thousand/start.ts";
import { descendants } from "../swarm/usage.ts";
import type { Contender } from "./contenders.ts";

export interface Measured {
  readonly contender: string;
  readonly hosts: number;
  readonly wallSeconds: number;
  /** Of the tool and all it started, a host. */
  readonly cpuMs: number;
  /** The most its processes held together: pages that several share are counted once. */
  readonly peakBytes: number;
  /** Of the simulated hosts and their commands, a host: the other half of the same two cores. */
  readonly hostCpuMs: number;
}

const SAMPLE_MS = 250;
const TICK_MS = 10;

/** @throws Error with the end of what it said when it did not reach every host */
export async function measure(
  contender: Contender,
  fleet: Thousand,
  { signal }: { signal: AbortSignal },
): Promise<Measured> {
  const output = Bun.file(join(fleet.root, "output"));
  const hosts = fleet.names.length;
  // Bun writes into a file that is there already and leaves the rest of it as it was.
  await rm(join(fleet.root, "output"), { force: true });
  const hostsBefore = cpuOf(fleet.pids);
  const began = performance.now();
  const child = Bun.spawn([...contender.argv(fleet)], {
    cwd: fleet.root,
    env: { ...process.env, SSH_AUTH_SOCK: undefined, HOME: fleet.root, ...contender.env(fleet) },
    stdin: "ignore",
    stdout: output,
    stderr: "pipe",
    signal,
  });
  let peakBytes = 0;
  const sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, memoryOf(child.pid));
  }, SAMPLE_MS);
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  const wallSeconds = (performance.now() - began) / 1000;
  clearInterval(sampling);
  const said = await output.text();
  const usage = child.resourceUsage();
  const reached = contender.succeeded(said) ?? hosts;
  if (code !== 0 || usage === undefined || reached !== hosts) {
    const tail = `${said.slice(-2000)}${stderr.slice(-2000)}`;
    throw new Error(`${contender.name} reached ${reached} of ${hosts} hosts, exit ${code}: ${tail}`);
  }
  return {
    contender: contender.name,
    hosts,
    wallSeconds,
    cpuMs: Number(usage.cpuTime.total) / 1000 / hosts,
    peakBytes,
    hostCpuMs: (cpuOf(fleet.pids) - hostsBefore) / hosts,
  };
}

/** PSS of a process and all below it; the high-water mark of the first where that is more. */
function memoryOf(pid: number): number {
  const pids = [pid, ...descendants(pid).map((each) => each.pid)];
  const shares = pids.map((each) => kibibytes(`/proc/${each}/smaps_rollup`, "Pss"));
  const together = shares.reduce((sum, share) => sum + share, 0);
  return Math.max(together, kibibytes(`/proc/${pid}/status`, "VmHWM")) * 1024;
}

function kibibytes(path: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(textOf(path))?.[1] ?? 0);
}

/** Milliseconds of processes and of their children that ended. */
function cpuOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const text = textOf(`/proc/${pid}/stat`);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  });
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

/** Empty when the process ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return "";
    throw error;
  }
}
