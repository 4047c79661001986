// The process that makes a run, told apart from any later one that got its number.
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { isRunning } from "../running.ts";

/** This process, as a text that no other one has. */
export function ownAuthor(): string {
  return authorOf(process.pid);
}

/** Whether that process still runs; undefined where that can't be seen from this machine. */
export function isAtWork(author: string): boolean | undefined {
  const [host, , number] = author.split(" ");
  if (host !== hostname()) return undefined;
  const pid = Number(number);
  return isRunning(pid) && authorOf(pid) === author;
}

function authorOf(pid: number): string {
  return `${hostname()} ${read("/proc/sys/kernel/random/boot_id").trim()} ${pid} ${startTicks(pid)}`;
}

/** Clock ticks after boot; the second field is the program's name and may hold anything, so count from its end. */
function startTicks(pid: number): string {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** "" for what isn't there: no Linux, or a process that is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(code)) return "";
    throw error;
  }
}
