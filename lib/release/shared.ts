// Paths every release has in common: shared/<path>, and a link to it in each release. As Capistrano's linked_dirs and
// linked_files, with its absolute links: a relative one would break where releases/ is itself a link to another disk.
import { chmod, lstat, mkdir, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OpsError } from "../errors.ts";
import { removeTree } from "../payload/remove-tree.ts";
import { isAtOrBelow } from "../torrent/paths.ts";
import { fileFault, hasCode } from "./faults.ts";
import type { Layout } from "./layout.ts";

export interface SharedPaths {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * Checked and normalised: `./log/` is `log`.
 * @throws OpsError `setting` for a path that is absolute, empty, leaves the release, or lies in another shared path
 */
export function parseShared(folders: readonly string[], files: readonly string[]): SharedPaths {
  const shared = {
    folders: [...new Set(folders.map((path) => cleanPath("rookery_shared_paths", path)))],
    files: [...new Set(files.map((path) => cleanPath("rookery_shared_files", path)))],
  };
  const all = [...shared.folders, ...shared.files];
  for (const [index, path] of all.entries()) {
    // The inner link would be made through the outer one, inside shared/.
    const outer = all.find((other, at) => at !== index && isAtOrBelow(path, other));
    if (outer === undefined) continue;
    throw new OpsError("setting", `shared path ${path} lies in shared path ${outer}`, {
      hint: `leave ${path} out of rookery_shared_paths and rookery_shared_files: it is shared already`,
    });
  }
  return shared;
}

/**
 * Makes missing folders in shared/; files must be there already, for nobody knows what is to be in them.
 * @throws OpsError `release` naming what is missing or of the wrong kind
 */
export async function prepareShared(layout: Layout, { folders, files }: SharedPaths): Promise<void> {
  for (const path of folders) {
    const folder = join(layout.shared, path);
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw fileFault(error, `can't make the shared folder ${folder}`);
    }
  }
  for (const path of files) {
    const file = join(layout.shared, path);
    if (await isFile(file)) continue;
    throw new OpsError("release", `the shared file ${file} is missing`, {
      hint: `put it there (ansible.builtin.copy or template), or take ${path} out of rookery_shared_files`,
    });
  }
}

/** Replaces what the release in `folder` holds at the shared paths by links to shared/. */
export async function linkShared(
  layout: Layout,
  folder: string,
  { folders, files }: SharedPaths,
): Promise<void> {
  for (const path of [...folders, ...files]) {
    await makeParents(folder, path);
    await inWritable(dirname(join(folder, path)), async () => {
      await removeTree(join(folder, path));
      await symlink(join(layout.shared, path), join(folder, path));
    });
  }
}

function cleanPath(setting: string, path: string): string {
  const parts = path.split("/").filter((part, index) => (part !== "" || index === 0) && part !== ".");
  const clean = parts.join("/");
  if (clean !== "" && parts[0] !== "" && !parts.includes("..") && !path.includes("\0")) return clean;
  throw new OpsError("setting", `${setting}: ${JSON.stringify(path)} is not a path inside a release`, {
    hint: "use paths relative to the release, without '..', such as log or config/database.yml",
  });
}

/** Makes the folders above `path`; a link among them in the payload would lead the shared link out of the release. */
async function makeParents(folder: string, path: string): Promise<void> {
  const parents: string[] = [];
  for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) parents.unshift(parent);
  for (const parent of parents) {
    const made = join(folder, parent);
    try {
      await inWritable(dirname(made), () => mkdir(made));
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
      if ((await lstat(made)).isDirectory()) continue;
      throw new OpsError(
        "release",
        `shared path ${path}: the release holds ${parent} as something other than a folder`,
        {
          hint: `take ${path} out of the shared paths, or ${parent} out of the release (rookery_exclude)`,
        },
      );
    }
  }
}

/** Does `act` in `folder` though the payload made it read-only, and leaves it so. */
async function inWritable(folder: string, act: () => Promise<unknown>): Promise<void> {
  const mode = (await lstat(folder)).mode & 0o7777;
  const isWritable = (mode & 0o300) === 0o300;
  if (!isWritable) await chmod(folder, mode | 0o300);
  try {
    await act();
  } finally {
    if (!isWritable) await chmod(folder, mode);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return false;
    throw fileFault(error, `can't read the shared file ${path}`);
  }
}
