// A tree on disk against the manifest it came from. Runs on target hosts.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  read,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { comparePaths, isAtOrBelow } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import type { Entry, FileEntry, Manifest } from "./types.ts";

const readAsync = promisify(read);
const CHUNK_BYTES = 512 * 1024;
/** Read in one go, which takes half the time that two turns of the event loop do. */
const SMALL_BYTES = 128 * 1024;
const small = Buffer.allocUnsafeSlow(SMALL_BYTES);

/** One difference from the manifest at `path`. An `extra` folder stands for all it holds. */
export interface Drift {
  readonly path: string;
  readonly problem: "missing" | "extra" | "type" | "mode" | "target" | "content";
}

/**
 * Compares the tree in `folder` with `manifest`: types, modes, link targets, and every file's bytes.
 * @param options paths in `ignore`, and what is below them, may be there or not and be anything (shared paths, REVISION)
 * @returns the differences, sorted by path; a file that can't be read has other content
 */
export async function verifyTree(
  manifest: Pick<Manifest, "entries">,
  folder: string,
  {
    ignore = [],
    onProgress,
    signal,
  }: {
    readonly ignore?: readonly string[] | undefined;
    /** Bytes of the files that were looked at so far. */
    readonly onProgress?: ((bytes: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<readonly Drift[]> {
  const pause = startSlices({ signal });
  const ignored = (path: string) => ignore.some((top) => isAtOrBelow(path, top));
  const drifts: Drift[] = [];
  const known = new Set<string>();
  const folders = [""];
  let bytes = 0;
  for (const entry of manifest.entries) {
    await pause();
    if (entry.type === "file") bytes += entry.size;
    onProgress?.(bytes);
    const { path } = entry;
    known.add(path);
    if (ignored(path)) continue;
    const problem = await problemOf(entry, join(folder, path));
    if (problem !== undefined) drifts.push({ path, problem });
    if (entry.type === "folder" && (problem === undefined || problem === "mode")) folders.push(path);
  }
  for (const inside of folders) {
    await pause();
    for (const name of readdirSync(join(folder, inside))) {
      const path = inside === "" ? name : `${inside}/${name}`;
      if (!known.has(path) && !ignored(path)) drifts.push({ path, problem: "extra" });
    }
  }
  return drifts.sort((a, b) => comparePaths(a.path, b.path));
}

async function problemOf(entry: Entry, path: string): Promise<Drift["problem"] | undefined> {
  let found: Stats | undefined;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // Something above it is no folder any more, and has been reported.
    if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") throw error;
  }
  if (found === undefined) return "missing";
  const type = found.isFile()
    ? "file"
    : found.isDirectory()
      ? "folder"
      : found.isSymbolicLink()
        ? "symlink"
        : "";
  if (type !== entry.type) return "type";
  if (entry.type === "symlink") return readlinkSync(path) === entry.target ? undefined : "target";
  if (entry.type === "file" && (found.size !== entry.size || !(await hasContent(entry, path))))
    return "content";
  return (found.mode & 0o7777) === entry.mode ? undefined : "mode";
}

async function hasContent(file: FileEntry, path: string): Promise<boolean> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") return false;
    throw error;
  }
  try {
    if (!fstatSync(fd).isFile()) return false;
    const hasher = new Bun.CryptoHasher("sha256");
    if (file.size < SMALL_BYTES) return readSmall(fd, hasher, file.size) === file.sha256;
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, file.size + 1));
    for (let at = 0; ; ) {
      const { bytesRead } = await readAsync(fd, buffer, 0, buffer.length, at);
      if (bytesRead === 0) return hasher.digest("hex") === file.sha256;
      hasher.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    closeSync(fd);
  }
}

/** The hash of a file of `size` bytes, or of what is there if it was changed just now. */
function readSmall(fd: number, hasher: Bun.CryptoHasher, size: number): string {
  for (let at = 0; at <= size; ) {
    const bytesRead = readSync(fd, small, 0, small.length, at);
    if (bytesRead === 0) break;
    hasher.update(small.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hasher.digest("hex");
}
