// A payload → a tree. Runs on target hosts: nothing is imported that a host's one file shouldn't carry.
import { chmodSync, lstatSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { parentOf, printable } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import { folderMaker, makeDestination } from "./destination.ts";
import { readManifest } from "./read-content.ts";
import { removeTree } from "./remove-tree.ts";
import type { Staged } from "./stage.ts";
import type { Entry, Manifest } from "./types.ts";
import { writeFault } from "./write-fault.ts";
import { writeFiles } from "./write-files.ts";

export { placePayload } from "./place.ts";

export interface UnpackOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of files written so far. */
  readonly onProgress?: ((writtenBytes: number) => void) | undefined;
}

export interface UnpackPayloadOptions extends UnpackOptions {
  /** What `stagePayload` put at this very destination, from the same manifest. */
  readonly staged?: Pick<Staged, "placed" | "overlay"> | undefined;
  /** The payload's, where it was read already. */
  readonly manifest?: Manifest | undefined;
}

export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Makes the tree of the payload in `payloadFolder` at `destination`, which must not exist or be an empty folder (or hold
 * what was `staged` there): every byte checked, modes exact whatever the umask, symlinks made after all files so that
 * nothing is written through one. The top folder gets 0755. Until the end only its owner can look inside; when it fails
 * or is aborted, nothing stays.
 * @throws OpsError `hash` naming the file that is wrong, `disk-full` naming the bytes needed, `release` when something is
 *   in the way or the place can't be written to
 */
export async function unpackPayload(
  payloadFolder: string,
  destination: string,
  { staged, manifest: known, signal, onProgress }: UnpackPayloadOptions = {},
): Promise<Unpacked> {
  const manifest = known ?? (await readManifest(payloadFolder));
  const { entries } = manifest;
  if (staged === undefined) await makeDestination(destination);
  try {
    const pause = startSlices({ signal });
    const makeFolder = folderMaker(destination, { mayBeThere: staged !== undefined });
    const pathFor = ({ path }: { readonly path: string }) => {
      makeFolder(parentOf(path));
      return join(destination, path);
    };
    const skip = new Set(staged?.placed);
    await checkPlaced(entries, skip, destination, pause);
    const overlay = staged && { folder: destination, ranges: staged.overlay };
    const options = { pathFor, skip, overlay, signal, onProgress };
    const bytes = await writeFiles(payloadFolder, manifest, options);
    for (const entry of entries) {
      if (entry.type !== "folder") continue;
      makeFolder(entry.path);
      await pause();
    }
    for (const entry of entries) {
      if (entry.type !== "symlink") continue;
      symlinkSync(entry.target, join(destination, entry.path));
      await pause();
    }
    // From the inside out: a folder may take away our own right to look into it.
    for (const entry of entries.toReversed()) {
      if (entry.type === "folder") chmodSync(join(destination, entry.path), entry.mode);
    }
    chmodSync(destination, 0o755);
    return { files: entries.filter((entry) => entry.type === "file").length, bytes };
  } catch (error) {
    const fault = await writeFault(error, destination, manifest);
    await removeTree(destination);
    throw fault;
  }
}

/** Placed files were hashed when they were placed; whether they are still there is worth a look. */
async function checkPlaced(
  entries: readonly Entry[],
  placed: ReadonlySet<string>,
  destination: string,
  pause: () => Promise<void>,
): Promise<void> {
  for (const entry of entries) {
    if (entry.type !== "file" || !placed.has(entry.path)) continue;
    const found = lstatSync(join(destination, entry.path), { throwIfNoEntry: false });
    if (found?.isFile() === true && found.size === entry.size) {
      await pause();
      continue;
    }
    throw new OpsError("hash", `${printable(entry.path)} changed after it was put into ${destination}`, {
      hint: "deploy again, and see what else writes to that folder",
    });
  }
}
