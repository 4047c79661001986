// The link `current`: which release it means, and how a new one is to be written.
import { lstat, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { OpsError } from "../errors.ts";
import { fileFault, hasCode } from "./faults.ts";
import { isReleaseId, type Layout } from "./layout.ts";

export interface Current {
  /** Release it points to; undefined when there is no link, or the release it names is gone. */
  readonly id: string | undefined;
  /** The link as it is stored; undefined when there is none. */
  readonly link: string | undefined;
}

/**
 * What `current` is, relative or absolute, straight or through other links.
 * @throws OpsError `release` when it is no link, or points to something outside releases/: replacing it would lose the way back
 */
export async function readCurrent(layout: Layout): Promise<Current> {
  try {
    const stats = await lstat(layout.current);
    if (!stats.isSymbolicLink()) throw notALink(layout, stats.isDirectory());
    const link = await readlink(layout.current);
    const path = await realOrUndefined(layout.current);
    if (path === undefined) return { id: undefined, link };
    if (dirname(path) === (await realOrUndefined(layout.releases)) && isReleaseId(basename(path))) {
      return { id: basename(path), link };
    }
    throw new OpsError(
      "release",
      `${layout.current} points to ${path}, which is no release in ${layout.releases}`,
      {
        hint: `move that folder into ${layout.releases} and point the link at it, or remove the link`,
      },
    );
  } catch (error) {
    if (hasCode(error, "ENOENT")) return { id: undefined, link: undefined };
    throw fileFault(error, `can't read ${layout.current}`);
  }
}

/**
 * The text of a link to release `id`, absolute or relative as `link` is. A first link is relative: it stays right when
 * deploy_to is seen under another path (a chroot, a container's mount, a moved disk). Capistrano writes absolute ones;
 * whoever follows the link sees no difference.
 */
export async function linkTo(layout: Layout, id: string, link: string | undefined): Promise<string> {
  if (link !== undefined) {
    const folder = dirname(link);
    const [held, releases] = await Promise.all([
      realOrUndefined(resolve(layout.deployTo, folder)),
      realOrUndefined(layout.releases),
    ]);
    if (held !== undefined && held === releases) return join(folder, id);
  }
  return join("releases", id);
}

function notALink(layout: Layout, isFolder: boolean): OpsError {
  return new OpsError("release", `${layout.current} is a ${isFolder ? "folder" : "file"}, not a symlink`, {
    hint: isFolder
      ? `move it to ${join(layout.releases, "before-rookery")} and link it: ln -s releases/before-rookery ${layout.current}`
      : "move it away",
  });
}

async function realOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
