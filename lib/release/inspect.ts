// What a host holds: releases, which one is current, who deploys, how much room there is. Changes nothing.
import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readCurrent } from "./current.ts";
import { fileFault, hasCode } from "./faults.ts";
import { isReleaseId, type Layout, layoutOf } from "./layout.ts";
import { lockInfo } from "./lock.ts";
import { readRecord } from "./records.ts";
import { spaceAt } from "./space.ts";
import type { HostReport, ReleaseInfo } from "./types.ts";

/** Enough for any commit's name; a REVISION longer than this isn't one. */
const REVISION_BYTES = 256;

/**
 * What is under `deployTo`, which need not exist yet. A folder in releases/ is a release when we have a record of it,
 * when it holds a REVISION file (Capistrano writes that last), or when it is current; all others may be half-written
 * and are left out. Free space is that of releases/.
 * @throws OpsError `release` when `current` is a folder or leads out of releases/, or something may not be read
 */
export async function inspectHost(deployTo: string): Promise<HostReport> {
  const layout = layoutOf(deployTo);
  try {
    const { id: current } = await readCurrent(layout);
    const releases: ReleaseInfo[] = [];
    for (const entry of await readFolder(layout.releases)) {
      if (!entry.isDirectory() || !isReleaseId(entry.name)) continue;
      const release = await inspectRelease(layout, entry.name, { isCurrent: entry.name === current });
      if (release !== undefined) releases.push(release);
    }
    releases.sort((a, b) => (a.id < b.id ? -1 : 1));
    const { freeBytes, freeInodes } = await spaceAt(layout.releases);
    const lock = await lockInfo(layout);
    return {
      current,
      previous: await readPrevious(layout, current, releases),
      releases,
      lock,
      freeBytes,
      freeInodes,
    };
  } catch (error) {
    throw fileFault(error, `can't inspect ${layout.deployTo}`);
  }
}

/** What is known of the folder releases/`id`; undefined when it isn't there, or may be half-written. */
export async function inspectRelease(
  layout: Layout,
  id: string,
  { isCurrent = false } = {},
): Promise<ReleaseInfo | undefined> {
  const folder = join(layout.releases, id);
  if (!(await isFolder(folder))) return undefined;
  const record = await readRecord(layout, id);
  if (record !== undefined) {
    return {
      id,
      infohash: record.infohash ?? undefined,
      tree: record.tree ?? undefined,
      state: record.state,
      activatedAt: record.activatedAt ?? undefined,
      installedAt: record.installedAt ?? undefined,
      revision: record.revision ?? undefined,
    };
  }
  const revision = await readRevision(folder);
  if (revision === undefined && !isCurrent) return undefined;
  return { id, infohash: undefined, state: "foreign", activatedAt: undefined, revision };
}

/** First line of REVISION in a release; undefined when there is no such file. Links are not followed. */
export async function readRevision(folder: string): Promise<string | undefined> {
  try {
    // O_NONBLOCK: a fifo of that name must not hold us up.
    const file = await open(
      join(folder, "REVISION"),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(REVISION_BYTES), 0, REVISION_BYTES, 0);
      return buffer.toString("utf8", 0, bytesRead).split("\n")[0]?.trim() ?? "";
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, "ENOENT", "ELOOP", "ENXIO")) return undefined;
    throw error;
  }
}

async function readPrevious(
  layout: Layout,
  current: string | undefined,
  releases: readonly ReleaseInfo[],
): Promise<string | undefined> {
  if (current === undefined) return undefined;
  const replaced = (await readRecord(layout, current))?.replaced;
  return releases.find(({ id, state }) => id === replaced && state !== "unpacked")?.id;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

async function readFolder(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
