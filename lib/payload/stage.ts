// What a host has of a release already, put where the release is made. Runs on target hosts.
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { isAtOrBelow, parentOf } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import { openBase } from "./base-release.ts";
import { folderMaker, makeDestination } from "./destination.ts";
import { type PlacedChunk, payloadLayout } from "./layout.ts";
import { filePlacer } from "./place-file.ts";
import { mergeOverlay, mergeRanges } from "./ranges.ts";
import { removeTree } from "./remove-tree.ts";
import { copyChunks } from "./stage-chunks.ts";
import type { Entry, Manifest } from "./types.ts";
import { writeFault } from "./write-fault.ts";

export interface StageOptions {
  readonly manifest: Manifest;
  /** Tree of the release in `from`; undefined where none is known (another tool's): files are then found by path and size. */
  readonly base: readonly Entry[] | undefined;
  /** Folder of a release on this host. */
  readonly from: string;
  /** Where the new release is made: missing, or an empty folder. */
  readonly destination: string;
  /** The payload's `kept` file: sparse, made when something goes into it; what is in it stays. */
  readonly kept: string;
  /** Paths that may differ from the tree, with all below them, without being named as drifted (shared paths, REVISION). */
  readonly ignore?: readonly string[] | undefined;
  /** Unchanged files may be hard links also where their owner may write them. */
  readonly hardlinks?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the kept region that are here so far, of `manifest.keptBytes`. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Bytes of the kept region that are those of a placed file: `length` bytes from `start`, at `offset` of the file. */
export interface OverlayRange {
  readonly start: number;
  readonly length: number;
  /** Relative to the destination, as in the manifest. */
  readonly path: string;
  readonly offset: number;
}

export interface Staged {
  /** Files that are at their final path with their final mode, as in the manifest. */
  readonly placed: readonly string[];
  /** Ranges of the kept region that are here, `[start, end)`, sorted and merged: in `kept`, or through `overlay`. */
  readonly covered: readonly (readonly [start: number, end: number])[];
  /** Where to read what is covered and not in the `kept` file: sorted by start, never overlapping. */
  readonly overlay: readonly OverlayRange[];
  readonly reflinked: number;
  readonly linked: number;
  readonly copied: number;
  /** Files in `from` that are not what its tree says; sorted. */
  readonly drifted: readonly string[];
}

/**
 * Puts the files of `manifest` that the release in `from` has at their place in `destination`, and what it has of others
 * into `kept`. Every byte is hashed where it was put: what isn't right is left to be fetched. No symlink in `from` is
 * followed; a release that is gone has nothing. `unpackPayload` with `staged` then writes the rest. When it fails or is aborted, nothing stays in `destination`.
 * @throws OpsError `disk-full`, `release` when the place can't be written to
 */
export async function stagePayload(options: StageOptions): Promise<Staged> {
  const { manifest, destination } = options;
  await makeDestination(destination);
  try {
    return await stage(options);
  } catch (error) {
    const fault = await writeFault(error, destination, manifest);
    await removeTree(destination);
    throw fault;
  }
}

async function stage(options: StageOptions): Promise<Staged> {
  const { manifest, base, from, destination, kept, ignore = [], hardlinks, signal, onProgress } = options;
  const pause = startSlices({ signal });
  const { chunks, chunksOf } = payloadLayout(manifest);
  const folder = await realFolder(from);
  const release = openBase(folder ?? from, folder === undefined ? [] : base);
  const makeFolder = folderMaker(destination);
  const placeFile = filePlacer(pause, { hardlinks });
  const counts = { reflinked: 0, linked: 0, copied: 0 };
  const placed: string[] = [];
  const overlay: OverlayRange[] = [];
  const covered = new Set<PlacedChunk>();
  let coveredBytes = 0;
  const cover = (chunk: PlacedChunk) => {
    if (covered.has(chunk)) return false;
    covered.add(chunk);
    coveredBytes += chunk.length;
    return true;
  };

  for (const entry of manifest.entries) {
    if (entry.type !== "file" || entry.size === 0) continue;
    await pause();
    const parts = chunksOf(entry);
    if (parts.some(({ region }) => region !== "kept")) continue;
    for (const path of release.filesLike(entry)) {
      const source = release.locate(path);
      if (source === undefined) continue;
      makeFolder(parentOf(entry.path));
      const how = await placeFile(source, join(destination, entry.path), entry);
      if (how === "drifted") release.drifted.add(path);
      if (how === "drifted" || how === "unreadable") continue;
      counts[how]++;
      placed.push(entry.path);
      let offset = 0;
      for (const chunk of parts) {
        if (cover(chunk))
          overlay.push({ start: chunk.offset, length: chunk.length, path: entry.path, offset });
        offset += chunk.length;
      }
      onProgress?.(coveredBytes);
      break;
    }
  }

  const missing = chunks.filter((chunk) => chunk.region === "kept" && !covered.has(chunk));
  for await (const chunk of copyChunks(release, missing, { kept, keptBytes: manifest.keptBytes, pause })) {
    cover(chunk);
    onProgress?.(coveredBytes);
  }
  const ignored = (path: string) => ignore.some((top) => isAtOrBelow(path, top));
  return {
    placed,
    covered: mergeRanges([...covered]),
    overlay: mergeOverlay(overlay),
    ...counts,
    drifted: base === undefined ? [] : [...release.drifted].filter((path) => !ignored(path)).sort(),
  };
}

/** Where `folder` really is; undefined where there is nothing. */
async function realFolder(folder: string): Promise<string | undefined> {
  try {
    return await realpath(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
