// How many files and sockets this process may have open, and whether a fleet fits.
import { closeSync, openSync, readFileSync } from "node:fs";
import { OpsError } from "../errors.ts";
import type { Target } from "./types.ts";

/** For everything that is not a connection: the program itself, its files, the swarm's own sockets. */
const BESIDES = 128;
/** A connection's socket, and one to the agent while it logs in. */
const FILES_BY_SSH = 2;
/** A program's three pipes, twice: two may run at a time. */
const FILES_HERE = 6;
const ROUND_TO = 1024;

/** The files `targets` take at most. */
export function filesFor(targets: readonly Target[]): number {
  let files = BESIDES;
  for (const { via } of targets) files += via === "local" ? FILES_HERE : FILES_BY_SSH;
  return files;
}

/**
 * Makes sure that `targets` can all be connected to at once. Bun raises the soft limit to the hard one when it starts,
 * so what it has then is all there is.
 * @throws OpsError `setting` with the line that raises the limit
 */
export function requireFiles(
  targets: readonly Target[],
  { limit = openFilesLimit(), isRoot = process.getuid?.() === 0 } = {},
): void {
  const needed = filesFor(targets);
  if (limit === undefined || needed <= limit) return;
  const enough = Math.ceil(needed / ROUND_TO) * ROUND_TO;
  const count = (value: number) => value.toLocaleString("en-US");
  const line = isRoot ? `ulimit -n ${enough}` : `sudo prlimit --pid $$ --nofile=${enough}:${enough}`;
  throw new OpsError(
    "setting",
    `${count(targets.length)} hosts need up to ${count(needed)} open files, and this process may have ${count(limit)}`,
    { hint: `type: ${line} (for good: nofile in /etc/security/limits.conf), then run the same again` },
  );
}

/** How many files may be open; undefined where the system doesn't say (not Linux) or sets no limit. */
export function openFilesLimit(): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(readOrEmpty("/proc/self/limits"))?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Whether no more file can be opened: the way to tell, for Bun doesn't say why a connection failed. */
export function openFilesSpent(): boolean {
  try {
    closeSync(openSync("/dev/null", "r"));
    return false;
  } catch (error) {
    return ["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not Linux
  }
}
