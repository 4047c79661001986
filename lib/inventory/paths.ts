// Paths as an operator types them.

import { homedir } from "node:os";
import { resolve } from "node:path";

/** `~` is the home folder, relative paths start in the working folder. */
export function fullPath(path: string): string {
  return resolve(path.replace(/^~(?=\/|$)/, homedir()));
}
