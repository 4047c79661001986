// A release on this host that may hold what another one needs: where its files and chunks should be.
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { parentOf } from "../torrent/paths.ts";
import { chunksOfFile } from "./layout.ts";
import type { Entry, FileEntry } from "./types.ts";

/** Where a chunk should be: in the file at `path`, from `offset`. */
export interface ChunkHome {
  readonly path: string;
  readonly offset: number;
}

export interface BaseRelease {
  /** Paths that should hold the bytes of `file`, its own path first. */
  filesLike(file: FileEntry): readonly string[];
  /** Places that should hold the chunk of that hash. */
  homesOf(sha256: string): readonly ChunkHome[];
  /** The file at `path`, absolute; undefined when a folder on the way is none: symlinks are not followed. */
  locate(path: string): string | undefined;
  /** Files found to be other than the tree says: whoever finds one adds it. */
  readonly drifted: Set<string>;
}

/** @param tree what should be in `folder`; undefined: any file is then looked for under its own path */
export function openBase(folder: string, tree: readonly Entry[] | undefined): BaseRelease {
  const files = new Map<string, string[]>();
  for (const entry of tree ?? []) {
    if (entry.type !== "file" || entry.size === 0) continue;
    const paths = files.get(entry.sha256);
    if (paths === undefined) files.set(entry.sha256, [entry.path]);
    else paths.push(entry.path);
  }
  const drifted = new Set<string>();
  const real = new Map<string, boolean>([["", true]]);
  let homes: ReadonlyMap<string, readonly ChunkHome[]> | undefined;

  const isReal = (path: string): boolean => {
    const known = real.get(path);
    if (known !== undefined) return known;
    const found =
      isReal(parentOf(path)) &&
      lstatSync(join(folder, path), { throwIfNoEntry: false })?.isDirectory() === true;
    real.set(path, found);
    return found;
  };
  return {
    drifted,
    filesLike(file) {
      if (tree === undefined) return [file.path];
      const paths = files.get(file.sha256) ?? [];
      const good = drifted.size === 0 ? paths : paths.filter((path) => !drifted.has(path));
      return good.includes(file.path) ? [file.path, ...good.filter((path) => path !== file.path)] : good;
    },
    homesOf(sha256) {
      homes ??= homesIn(tree ?? []);
      return homes.get(sha256) ?? [];
    },
    locate(path) {
      if (isReal(parentOf(path))) return join(folder, path);
      drifted.add(path);
      return undefined;
    },
  };
}

function homesIn(tree: readonly Entry[]): ReadonlyMap<string, readonly ChunkHome[]> {
  const homes = new Map<string, ChunkHome[]>();
  for (const entry of tree) {
    if (entry.type !== "file") continue;
    let offset = 0;
    for (const [length, sha256] of chunksOfFile(entry)) {
      const home = { path: entry.path, offset };
      const known = homes.get(sha256);
      if (known === undefined) homes.set(sha256, [home]);
      else known.push(home);
      offset += length;
    }
  }
  return homes;
}
