// A release that is begun with what an earlier one on this host has of it: before a byte is fetched, and checked.
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { KEPT_FILE, MANIFEST_FILE } from "../payload/layout.ts";
import { patchManifest } from "../payload/patch.ts";
import { removeTree } from "../payload/remove-tree.ts";
import { type Staged, stagePayload } from "../payload/stage.ts";
import { treeDigest } from "../payload/tree.ts";
import type { Entry, Manifest } from "../payload/types.ts";
import { fileFault, interruption } from "./faults.ts";
import { ensureLayout, layoutOf, releasePath } from "./layout.ts";
import { readTree } from "./trees.ts";

export interface StageReleaseOptions {
  /** 40 hex digits: of the payload that is on its way. */
  readonly infohash: string;
  /** A release of ours on this host. */
  readonly base: string;
  /** `diffTree` of that release's tree and the payload's manifest. */
  readonly patch: Uint8Array;
  /** What the new release is: `treeDigest` of its entries. */
  readonly tree: string;
  /** Paths of `base` that are no part of it: shared ones. */
  readonly ignore: readonly string[];
  /** Unchanged files may be hard links, whoever may write them. */
  readonly hardlinks?: boolean | undefined;
  /** Folder that the payload is fetched into. */
  readonly payload: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the kept region looked at, of all there are. */
  readonly onProgress?: ((bytes: number, totalBytes: number) => void) | undefined;
}

export interface StagedRelease extends Staged, AsyncDisposable {
  readonly infohash: string;
  readonly manifest: Manifest;
  /** Where the release is made; it goes when this is disposed, unless it was installed. */
  readonly folder: string;
  /** Bytes of the kept region that need not be fetched, of all there are. */
  readonly coveredBytes: number;
  readonly keptBytes: number;
}

/**
 * Writes the payload's manifest, and begins the release in `releases/.rookery-partial` with the files the release
 * `base` has: each hashed where it is put, for what lies in a release may have been changed by hand.
 * @throws OpsError `release` when that release has no tree, `hash` when patch and tree don't fit, `disk-full`, `interrupted`
 */
export async function stageRelease(deployTo: string, options: StageReleaseOptions): Promise<StagedRelease> {
  const { infohash, base, patch, tree, payload, ignore, hardlinks, signal, onProgress } = options;
  const layout = layoutOf(deployTo);
  const from = releasePath(layout, base);
  await ensureLayout(layout);
  const folder = join(layout.partial, `${infohash.slice(0, 16)}-${randomBytes(4).toString("hex")}`);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => removeTree(folder));
  try {
    const entries = treeOf(base, await readTree(layout, base));
    const { text, manifest } = patchManifest(entries, patch);
    if (treeDigest(manifest.entries) !== tree) throw wrongTree(base);
    await mkdir(payload, { recursive: true, mode: 0o700 });
    await writeFile(join(payload, MANIFEST_FILE), text);
    const staged = await stagePayload({
      ...{
        manifest,
        base: entries,
        from,
        destination: folder,
        kept: join(payload, KEPT_FILE),
        ignore,
        hardlinks,
        signal,
      },
      onProgress: (bytes) => onProgress?.(bytes, manifest.keptBytes),
    });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const kept = stack.move();
    return {
      ...staged,
      ...{ infohash, manifest, folder, keptBytes: manifest.keptBytes },
      coveredBytes: staged.covered.reduce((sum, [start, end]) => sum + end - start, 0),
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw interruption(signal, `looking what ${base} has`);
    throw fileFault(error, `can't make use of release ${base} in ${layout.deployTo}`);
  }
}

function treeOf(id: string, entries: readonly Entry[] | undefined): readonly Entry[] {
  if (entries !== undefined) return entries;
  throw new OpsError("release", `nothing says what release ${id} is made of`, {
    hint: "it was made by another tool, or before this one kept such lists; all is fetched",
  });
}

function wrongTree(id: string): OpsError {
  return new OpsError("hash", `what was made of release ${id}'s list of files is another release`, {
    hint: "deploy again; the list in .rookery/releases may be removed, all is fetched then",
  });
}
