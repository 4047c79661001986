// What processes cost, read from /proc while they live: rusage would add the memory of the process that forked them.
import { readdirSync, readFileSync } from "node:fs";

/** Of a clock tick in /proc, on every Linux that Bun runs on. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  /** User and system, of living descendants and of those that ended. */
  readonly cpuSeconds: number;
  /** The most memory any one of the living held at once (VmHWM). */
  readonly peakBytes: number;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly reapedTicks: number;
}

/** All that this process started, whatever became of it, but for `except` and their children. */
export function usageOfChildren({ except = [] }: { readonly except?: readonly number[] } = {}): Usage {
  const left = new Set(except);
  const living = descendants(process.pid).filter(({ pid, parent }) => {
    // Parents come first.
    if (left.has(parent)) left.add(pid);
    return !left.has(pid);
  });
  const own = readStat(process.pid);
  const ticks = living.reduce((sum, stat) => sum + stat.ticks + stat.reapedTicks, own?.reapedTicks ?? 0);
  const peakBytes = Math.max(0, ...living.map(({ pid }) => highWater(pid)));
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakBytes };
}

/** Processes below `root`, parents before their children. */
export function descendants(root: number): readonly {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly reapedTicks: number;
}[] {
  const children = new Map<number, Stat[]>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat !== undefined) children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat]);
  }
  const found: Stat[] = [];
  const open = [root];
  for (let pid = open.shift(); pid !== undefined; pid = open.shift()) {
    const below = children.get(pid) ?? [];
    found.push(...below);
    open.push(...below.map((stat) => stat.pid));
  }
  return found;
}

/** Seconds all cores together were busy, and were there at all, since the machine started. */
export function machineSeconds(): { readonly busy: number; readonly total: number } {
  const [first = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const numbers = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = numbers.reduce((sum, value) => sum + value, 0);
  const [, , , idle = 0, waiting = 0] = numbers;
  return { busy: (total - idle - waiting) / TICKS_PER_SECOND, total: total / TICKS_PER_SECOND };
}

/** Bytes and packets a process's network namespace has sent and received on eth0 (GSO: a large packet counts as one). */
export function interfaceCounters(
  pid: number,
): { readonly received: number; readonly sent: number; readonly sentPackets: number } | undefined {
  const row = textOf(`/proc/${pid}/net/dev`)
    ?.split("\n")
    .find((line) => line.trim().startsWith("eth0:"));
  if (row === undefined) return undefined;
  const numbers = (row.split(":")[1] ?? "").trim().split(/\s+/).map(Number);
  return { received: numbers[0] ?? 0, sent: numbers[8] ?? 0, sentPackets: numbers[9] ?? 0 };
}

function readStat(pid: number): Stat | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The program's name stands in parentheses and may hold anything.
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [, parent = 0] = fields;
  const at = (index: number) => fields[index] ?? 0;
  return { pid, parent, ticks: at(11) + at(12), reapedTicks: at(13) + at(14) };
}

function highWater(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`) ?? "")?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

/** undefined when the process ended meanwhile. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
