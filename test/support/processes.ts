// Processes as /proc shows them: who descends from whom, who carries our marks, who listens. Linux only.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** Arguments joined with spaces; the program's name in brackets when it has none. */
  readonly command: string;
  /** `NAME=value` entries; empty when they can't be read. */
  readonly environment: readonly string[];
  readonly cwd: string;
}

/** Every process that is not a zombie. One that ends while we look is left out. */
export function listProcesses(): readonly ProcessInfo[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap((pid) => readProcess(pid) ?? []);
}

/** `root` and everything below it, parents first. */
export function descendants(root: number, processes = listProcesses()): readonly ProcessInfo[] {
  const found = processes.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...processes.filter(({ parent }) => parent === pid));
  return found;
}

/** Kills by id, tolerating only that a process is gone already. */
export function killAll(pids: readonly number[], signal: NodeJS.Signals = "SIGKILL"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Local `address:port` of the TCP sockets on which `pid` listens, as /proc writes addresses (hex). */
export function listeningPorts(pid: number): readonly string[] {
  const ports = new Map(["tcp", "tcp6"].flatMap((table) => listeners(`/proc/net/${table}`)));
  const inodes = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return inodes.flatMap((fd) => {
    const link = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "";
    return ports.get(link) ?? [];
  });
}

function listeners(table: string): [socket: string, address: string][] {
  const lines = (attempt(() => readFileSync(table, "utf8")) ?? "").split("\n").slice(1);
  const LISTEN = "0A";
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address, port] = (fields[1] ?? "").split(":");
    if (fields[3] !== LISTEN || port === undefined) return [];
    return [[`socket:[${fields[9]}]`, `${address}:${Number.parseInt(port, 16)}`]];
  });
}

function readProcess(pid: number): ProcessInfo | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === undefined) return undefined;
  // The name is in parentheses and may hold spaces and parentheses itself.
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X") return undefined;
  const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "";
  const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  return {
    pid,
    parent: Number(parent),
    command: command.replaceAll("\0", " ").trim() || `[${name}]`,
    environment: (attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8")) ?? "").split("\0"),
    cwd: attempt(() => readlinkSync(`/proc/${pid}/cwd`)) ?? "",
  };
}

/** undefined for what vanished or is not ours to read; /proc changes under our feet. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
}
