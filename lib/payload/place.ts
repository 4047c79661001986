// A payload's tree, merged into a folder that may already hold other things. Runs on target hosts.
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { parentOf, printable } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import { readManifest } from "./read-content.ts";
import type { Entry, Manifest } from "./types.ts";
import type { Unpacked, UnpackOptions } from "./unpack.ts";
import { writeFault } from "./write-fault.ts";
import { writeFiles } from "./write-files.ts";

/**
 * Merges the tree of the payload in `payloadFolder` into `destination` (made when missing). What is there and not in the
 * payload stays. Each file and symlink is made beside its place and renamed over it, so that whoever reads sees the old
 * or the new one whole. Before anything is written, all places are looked at: a symlink inside `destination` where the
 * payload has a folder is an error, never written through. A failure leaves what was placed until then.
 * @throws OpsError `release` when something of another kind is in the way, `hash` and `disk-full` as `unpackPayload`
 */
export async function placePayload(
  payloadFolder: string,
  destination: string,
  { signal, onProgress }: UnpackOptions = {},
): Promise<Unpacked> {
  const manifest = await readManifest(payloadFolder);
  const temporary = new Set<string>();
  const mark = `.rookery-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(destination, { recursive: true });
    const top = await realpath(destination); // the operator's own symlink is meant; those below are not
    const present = await lookAround(manifest, top, signal);
    const pause = startSlices({ signal });
    let names = 0;
    const beside = (path: string) => {
      const name = join(top, parentOf(path), `${mark}-${names++}`);
      temporary.add(name);
      return name;
    };
    const moveTo = (path: string, from: string) => {
      renameSync(from, join(top, path));
      temporary.delete(from);
    };

    for (const { type, path } of manifest.entries) {
      if (type === "folder" && !present.has(path)) mkdirSync(join(top, path), 0o700);
    }
    const bytes = await writeFiles(payloadFolder, manifest, {
      pathFor: (file) => beside(file.path),
      placed: (file, from) => moveTo(file.path, from),
      signal,
      onProgress,
    });
    for (const entry of manifest.entries) {
      if (entry.type !== "symlink") continue;
      const link = beside(entry.path);
      symlinkSync(entry.target, link);
      moveTo(entry.path, link);
      await pause();
    }
    for (const entry of manifest.entries.toReversed()) {
      if (entry.type === "folder") chmodSync(join(top, entry.path), entry.mode);
    }
    return { files: manifest.entries.filter((entry) => entry.type === "file").length, bytes };
  } catch (error) {
    for (const path of temporary) rmSync(path, { force: true });
    throw await writeFault(error, destination, manifest);
  }
}

/** Paths of the payload that are there already, once it is sure that none of them is in the way. */
async function lookAround(
  manifest: Manifest,
  top: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const pause = startSlices({ signal });
  const present = new Set([""]);
  for (const entry of manifest.entries) {
    await pause();
    if (!present.has(parentOf(entry.path))) continue; // below a folder that is new
    const found = lstatSync(join(top, entry.path), { throwIfNoEntry: false });
    if (found === undefined) continue;
    // A rename replaces files and symlinks alike; only folders must meet folders, and a file no way to a folder.
    const leadsAway = entry.type === "file" && found.isSymbolicLink() && leadsToFolder(join(top, entry.path));
    if (found.isDirectory() !== (entry.type === "folder") || leadsAway) throw inTheWay(entry, top, found);
    present.add(entry.path);
  }
  return present;
}

function leadsToFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return false;
    throw error;
  }
}

function inTheWay(entry: Entry, top: string, found: NonNullable<ReturnType<typeof lstatSync>>): OpsError {
  const path = join(top, entry.path);
  const what = found.isSymbolicLink()
    ? `a symlink to ${printable(readlinkSync(path))}`
    : found.isDirectory()
      ? "a folder"
      : "no folder";
  return new OpsError("release", `${printable(path)} is ${what}, where the payload has a ${entry.type}`, {
    hint: "move it away, or choose another destination",
  });
}
