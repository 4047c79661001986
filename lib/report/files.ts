// Files for others to read: there whole or not at all.
import { randomBytes } from "node:crypto";
import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { OpsError } from "../errors.ts";

/**
 * `flag` is who asked for a file at `path`.
 * @throws OpsError `usage` when none can be written there, or it is a folder where `orFolder` doesn't allow that
 */
export function checkWritable(flag: string, path: string, { orFolder = false } = {}): void {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && !orFolder)
    throw new OpsError("usage", `${flag}: ${path} is a folder`, { hint: "name a file in it" });
  const folder = isFolder ? resolve(path) : dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new OpsError("usage", `${flag}: can't write in ${folder}: ${(error as Error).message}`, {
      hint: "make that folder, or name another",
      cause: error,
    });
  }
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
