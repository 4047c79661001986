// Where things are under `deploy_to`: Capistrano's folders, and one of ours beside them.
import { mkdir } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { OpsError } from "../errors.ts";
import { fileFault } from "./faults.ts";

export interface Layout {
  readonly deployTo: string;
  readonly releases: string;
  readonly shared: string;
  readonly current: string;
  readonly revisionsLog: string;
  /** All that is ours: records, the lock, incoming payloads. */
  readonly own: string;
  readonly records: string;
  readonly lock: string;
  readonly incoming: string;
  /** Files on their way to being renamed or linked into place. */
  readonly temporary: string;
  /**
   * Releases being unpacked, and releases being removed. It lies inside releases/ because a rename must not leave the
   * file system and releases/ may be a mount, or a link to another disk. Tools that list releases skip dotted names.
   */
  readonly partial: string;
}

const RELEASE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Paths under `deployTo`; touches no disk.
 * @throws OpsError `setting` when it isn't an absolute path of a folder below the root
 */
export function layoutOf(deployTo: string): Layout {
  const root = normalize(deployTo).replace(/\/+$/, "");
  if (!isAbsolute(deployTo) || root === "" || deployTo.includes("\0")) {
    throw new OpsError("setting", `not a place for releases: ${JSON.stringify(deployTo)}`, {
      hint: "give rookery_deploy_to an absolute path, such as /var/www/app",
    });
  }
  const own = join(root, ".rookery");
  const releases = join(root, "releases");
  return {
    deployTo: root,
    releases,
    shared: join(root, "shared"),
    current: join(root, "current"),
    revisionsLog: join(root, "revisions.log"),
    own,
    records: join(own, "releases"),
    lock: join(own, "lock"),
    incoming: join(own, "incoming"),
    temporary: join(own, "temporary"),
    partial: join(releases, ".rookery-partial"),
  };
}

/** Makes the folders that are missing. Nothing else is needed on a host whose user may write there. */
export async function ensureLayout(layout: Layout): Promise<void> {
  const { releases, shared, records, incoming, temporary, partial } = layout;
  for (const folder of [releases, shared, records, incoming, temporary, partial]) {
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw fileFault(error, `can't make ${folder}`);
    }
  }
}

/** Release id for a moment, as Capistrano names releases: `20261123120307`, in UTC, so that hosts' time zones don't matter. */
export function newReleaseId(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/[-T:]/g, "");
}

export function isReleaseId(text: string): boolean {
  return RELEASE_ID.test(text);
}

/** @throws OpsError `release` when `id` could not be a folder's name: at most 100 letters, digits, `.`, `_`, `-` */
export function checkReleaseId(id: string): void {
  if (isReleaseId(id)) return;
  throw new OpsError("release", `not a release id: ${JSON.stringify(id)}`, {
    hint: "use at most 100 letters, digits, dots, dashes and underscores, beginning with a letter or digit",
  });
}

/** The folder of release `id`. */
export function releasePath(layout: Layout, id: string): string {
  checkReleaseId(id);
  return join(layout.releases, id);
}
