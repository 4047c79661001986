// Payload → releases/<id>: complete, or not there at all.
import { randomBytes } from "node:crypto";
import { lstat, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { readManifest } from "../payload/read-content.ts";
import { removeTree } from "../payload/remove-tree.ts";
import type { Staged } from "../payload/stage.ts";
import { treeDigest } from "../payload/tree.ts";
import type { Manifest } from "../payload/types.ts";
import { unpackPayload } from "../payload/unpack.ts";
import { flushFileSystem, syncFolder } from "./durable.ts";
import { fileFault, hasCode, interruption } from "./faults.ts";
import { inspectRelease, readRevision } from "./inspect.ts";
import { ensureLayout, type Layout, layoutOf, releasePath } from "./layout.ts";
import { removeRecord, writeRecord } from "./records.ts";
import { removeStale } from "./remove.ts";
import { linkShared, parseShared, prepareShared } from "./shared.ts";
import { checkSpace } from "./space.ts";
import { writeTree } from "./trees.ts";

export interface InstallOptions {
  readonly id: string;
  /** 40 lowercase hex digits. */
  readonly infohash: string;
  /** Folder holding the fetched `kept`, `manifest.json` and `new`. */
  readonly payload: string;
  /** For REVISION, unless the payload brings its own; the release id stands in where there is none. */
  readonly revision?: string | undefined;
  /** What of it is in its place already, and where that is: a folder in `partial` that becomes the release. */
  readonly staged?: StagedTree | undefined;
  readonly sharedPaths?: readonly string[];
  readonly sharedFiles?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((unpackedBytes: number) => void) | undefined;
}

/** A release that was begun: those files of it that an earlier release had. */
export interface StagedTree extends Pick<Staged, "placed" | "overlay"> {
  readonly folder: string;
  /** The payload's manifest, checked. */
  readonly manifest: Manifest;
}

/**
 * Unpacks beside the releases, links shared paths, writes REVISION, then renames once. `existed`: that release was
 * here already, of the same tree, and nothing was done. Leaves nothing behind when it fails or is interrupted.
 * @throws OpsError `disk-full` before a byte is written; `release` when the id is taken by other bytes or a shared file
 *   is missing; `setting` for a shared path that leaves the release; `interrupted`
 */
export async function installRelease(
  deployTo: string,
  options: InstallOptions,
): Promise<{ readonly existed: boolean; readonly path: string; readonly tree: string }> {
  const { id, infohash, payload, revision, staged, signal, onProgress } = options;
  const { sharedPaths = [], sharedFiles = [] } = options;
  const layout = layoutOf(deployTo);
  const path = releasePath(layout, id);
  const shared = parseShared(sharedPaths, sharedFiles);
  try {
    await ensureLayout(layout);
    const manifest = staged?.manifest ?? (await readManifest(payload));
    const tree = treeDigest(manifest.entries);
    if (await isHere(layout, id, tree)) return { existed: true, path, tree };
    await removeStale(layout.deployTo, { inUse: [infohash], signal });
    await checkSpace(layout.releases, manifest, { present: staged?.placed });
    await prepareShared(layout, shared);
    const folder = staged?.folder ?? join(layout.partial, `${id}-${randomBytes(4).toString("hex")}`);
    if (staged === undefined) await mkdir(folder);
    try {
      await unpackPayload(payload, folder, { staged, manifest, signal, onProgress });
      const written = await writeRevision(folder, revision ?? id);
      await linkShared(layout, folder, shared);
      // What is renamed but not flushed can be empty files after a power cut.
      await flushFileSystem(folder, { signal });
      await writeTree(layout, id, manifest.entries);
      // The record first: a record without a folder means nothing, a folder without one would pass for another tool's.
      await writeRecord(layout, {
        ...{ id, infohash, tree, state: "unpacked", installedAt: new Date().toISOString() },
        ...{ revision: written ?? revision ?? null, activatedAt: null, replaced: null },
        shared: [...shared.folders, ...shared.files],
      });
      await rename(folder, path);
    } catch (error) {
      await undo(layout, id, folder, error);
    }
    await syncFolder(layout.releases);
    return { existed: false, path, tree };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw interruption(signal, `installing ${id}`);
    throw fileFault(error, `can't install ${id} in ${layout.deployTo}`);
  }
}

/** Whether release `id` is here, of that very tree. Anything else of that name is an error: it isn't ours to replace. */
async function isHere(layout: Layout, id: string, tree: string): Promise<boolean> {
  const path = releasePath(layout, id);
  if (!(await exists(path))) return false;
  const release = await inspectRelease(layout, id);
  if (release !== undefined && release.tree === tree) return true;
  const whose =
    release === undefined
      ? "a folder that is no complete release"
      : release.state === "foreign"
        ? "a release another tool made"
        : `a release with other content (tree ${release.tree?.slice(0, 16) ?? "not known"}, this one is ${tree.slice(0, 16)})`;
  throw new OpsError("release", `${path} is there already: ${whose}`, {
    hint: "choose another id with --release, or remove that folder",
  });
}

/** Returns what the payload's own REVISION says, or undefined after writing `revision`. */
async function writeRevision(folder: string, revision: string): Promise<string | undefined> {
  const path = join(folder, "REVISION");
  if (await exists(path)) return await readRevision(folder);
  await writeFile(path, `${revision}\n`, { flag: "wx", mode: 0o644 });
  return undefined;
}

async function undo(layout: Layout, id: string, folder: string, error: unknown): Promise<never> {
  try {
    await removeTree(folder);
    if (!(await exists(releasePath(layout, id)))) await removeRecord(layout, id);
  } catch (second) {
    const cause = new AggregateError(
      [error, second],
      `installing ${id} failed, and so did removing ${folder}`,
    );
    const first = fileFault(error, `can't install ${id} in ${layout.deployTo}`);
    if (!(first instanceof OpsError)) throw cause;
    throw new OpsError(first.code, `${first.message}; ${folder} could not be removed`, {
      hint: first.hint,
      cause,
    });
  }
  throw error;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}
