// Taking releases away, at once for whoever looks, and clearing what dead runs left behind.
import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../payload/remove-tree.ts";
import { isDraftOfTheDead } from "./durable.ts";
import { checkSignal, hasCode } from "./faults.ts";
import { ensureLayout, type Layout, layoutOf } from "./layout.ts";
import { lockedByOther } from "./lock.ts";
import { removeOldClaims } from "./lock-end.ts";

export interface StaleOptions {
  /** Infohashes whose incoming payloads are being used. */
  readonly inUse?: readonly string[];
  /** Leave what changed at or after this; default: this process's start, so that its own run is left alone. */
  readonly sinceMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A temporary file lives for milliseconds; one this old belongs to nobody, whoever made it. */
const TEMPORARY_MS = 3_600_000;

/** Takes a release away by one rename, so that no half-removed one is ever seen, then removes it. */
export async function discard(layout: Layout, path: string): Promise<void> {
  await mkdir(layout.partial, { recursive: true });
  const grave = join(layout.partial, `removed-${randomBytes(8).toString("hex")}`);
  try {
    await rename(path, grave);
  } catch (error) {
    // Moving a folder rewrites its "..": a read-only one refuses.
    if (!hasCode(error, "EACCES")) throw error;
    await chmod(path, 0o700);
    await rename(path, grave);
  }
  await removeTree(grave);
}

/**
 * Removes what killed runs left: half-unpacked and half-removed releases, fetched payloads, temporary files. Installing
 * and pruning do it; done before a payload is fetched it makes room for that. Does nothing while another process that is
 * alive holds the lock: those are its own.
 */
export async function removeStale(
  deployTo: string,
  { inUse = [], sinceMs = performance.timeOrigin, signal }: StaleOptions = {},
): Promise<void> {
  const layout = layoutOf(deployTo);
  if (await lockedByOther(layout)) return;
  const stale = async (folder: string, beforeMs: (name: string) => number) => {
    for (const name of await namesIn(folder)) {
      checkSignal(signal, `removing what earlier runs left in ${folder}`);
      const path = join(folder, name);
      if ((await newestMs(path)) < beforeMs(name)) await removeTree(path);
    }
  };
  const hourAgoMs = Math.min(sinceMs, Date.now() - TEMPORARY_MS);
  await stale(layout.partial, () => sinceMs);
  await stale(layout.incoming, (name) => (inUse.includes(name) ? 0 : sinceMs));
  await stale(layout.temporary, (name) => (isDraftOfTheDead(name) ? sinceMs : hourAgoMs));
  await ensureLayout(layout); // there is nothing of ours where only another tool deployed
  await removeOldClaims(layout);
}

/** When `path` or something directly in it last changed: ctime, for unpacking sets mtime, and a folder's doesn't move when a file in it grows. */
async function newestMs(path: string): Promise<number> {
  const times = await Promise.all(
    [path, ...(await namesIn(path)).map((name) => join(path, name))].map(changedMs),
  );
  return Math.max(...times);
}

async function changedMs(path: string): Promise<number> {
  try {
    return (await lstat(path)).ctimeMs;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return 0;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
