// How a test run recognises what belongs to it: its own process id in folder names and in the environment of children.
import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Set in this process's environment, so that everything it starts carries it (and sshd sessions by `SetEnv`). */
export const RUN_VARIABLE = "ROOKERY_TEST_RUN";
export const RUN_ID = `${process.pid}`;
process.env[RUN_VARIABLE] = RUN_ID;

/** Beginning of the name of every temporary folder of this run; shows up in command lines and working folders. */
export const FOLDER_PREFIX = `rookery-${RUN_ID}-`;

/** A fresh folder of this run, symlinks resolved. The caller removes it. */
export async function temporaryFolder(purpose: string): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${purpose}-`)));
}
