// Files for others to read: there whole or not at all.
import { randomBytes } from "node:crypto";
import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { OpsError } from "../errors.ts";

/**
 * `flag` is who asked for a file at `path`.
 * @throws OpsError `usage` when none can be written there
 */
export function checkWritable(flag: string, path: string): void {
  const folder = dirname(resolve(path));
  const wrong = (problem: string, hint: string, cause?: unknown) =>
    new OpsError("usage", `${flag}: ${problem}`, { hint, cause });
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw wrong(
      `can't write in ${folder}: ${(error as Error).message}`,
      "make that folder, or name another",
      error,
    );
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw wrong(`${path} is a folder`, "name a file in it");
}

/**
 * Replaces the file at `path` by one rename: whoever reads it finds the old text or the new.
 * @throws OpsError `usage`
 */
export function writeBeside(path: string, text: string): void {
  // Readers of a folder's *.prom must not take this one.
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}`);
  try {
    writeFileSync(draft, text, { flag: "wx", mode: 0o644 });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new OpsError("usage", `can't write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
