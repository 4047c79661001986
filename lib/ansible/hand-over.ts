// Secrets for a program we start: through named pipes, so that they are on no disk, command line or environment.
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { OpsError } from "../errors.ts";
import type { HandOver } from "./access.ts";

/** Nobody reads yet. */
const POLL_MS = 20;

/**
 * Named pipes in `folder`, each giving its secret to the first who reads it. Give up by aborting `signal`, and remove the
 * folder.
 * @throws OpsError `tool` without mkfifo
 */
export function pipesIn(folder: string, signal: AbortSignal): HandOver {
  let made = 0;
  return async (secret) => {
    made += 1;
    const path = join(folder, `secret-${made}`);
    const child = Bun.spawn(["mkfifo", "-m", "600", path], { stdio: ["ignore", "ignore", "pipe"] });
    const [complaint, code] = await Promise.all([child.stderr.text(), child.exited]);
    if (code !== 0) throw new OpsError("tool", `mkfifo can't make a pipe in ${folder}: ${complaint.trim()}`);
    void give(path, secret, signal);
    return path;
  };
}

async function give(path: string, secret: string | Uint8Array, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      // Without waiting: an open that waits for a reader who never comes could not be called off.
      await using pipe = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
      await pipe.write(Buffer.from(secret));
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Gone with its folder, or read by somebody who left: ansible-playbook says what it misses.
      if (code !== "ENXIO") return;
    }
    await wait(POLL_MS);
  }
}
