// Folders on this machine for the length of one run.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "./running.ts";

/**
 * A fresh folder `rookery-PURPOSE-PID-…`, which the caller removes. Those of runs that were killed, and so removed
 * nothing, go first: they hold whole releases.
 */
export async function temporaryFolder(purpose: string, { parent = tmpdir() } = {}): Promise<string> {
  const pattern = new RegExp(`^rookery-${purpose}-(\\d+)-[A-Za-z0-9]{6}$`);
  for (const name of await readdir(parent)) {
    const pid = Number(pattern.exec(name)?.[1]);
    if (pid > 0 && !isRunning(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
  return mkdtemp(join(parent, `rookery-${purpose}-${process.pid}-`));
}
