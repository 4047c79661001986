// A tree on disk as text: one line for each thing in it, so that two trees are equal when their texts are.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface TreeOptions {
  /** Paths to leave out, with what is below them. */
  readonly except?: readonly string[];
  /** Also owner, and when content last changed: for trees nobody may touch. */
  readonly untouched?: boolean;
}

/** Path → kind, mode, and link target or size and SHA-256 of the content. Nothing is followed. */
export function readTree(
  root: string,
  { except = [], untouched = false }: TreeOptions = {},
): Map<string, string> {
  const tree = new Map<string, string>();
  const left = new Set(except);
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of readdirSync(join(root, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (left.has(path)) continue;
      const absolute = join(root, path);
      const seen = lstatSync(absolute);
      const mode = (seen.mode & 0o7777).toString(8);
      const touched = untouched ? ` ${seen.uid}:${seen.gid} ${seen.mtimeMs} ${seen.ino}` : "";
      if (seen.isDirectory()) {
        folders.push(path);
        tree.set(path, `folder ${mode}${touched}`);
      } else if (seen.isSymbolicLink()) tree.set(path, `link ${readlinkSync(absolute)}${touched}`);
      else if (seen.isFile()) tree.set(path, `file ${mode} ${seen.size} ${hashOf(absolute)}${touched}`);
      else tree.set(path, `other ${seen.mode.toString(8)}${touched}`);
    }
  }
  return tree;
}

/** How `found` differs from `wanted`: at most `limit` lines, empty when they are the same. */
export function differences(
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
  { limit = 20 } = {},
): readonly string[] {
  const lines: string[] = [];
  for (const [path, what] of wanted) {
    const there = found.get(path);
    if (there === undefined) lines.push(`missing: ${path} (${what})`);
    else if (there !== what) lines.push(`different: ${path} (${what}, found ${there})`);
  }
  for (const [path, what] of found) if (!wanted.has(path)) lines.push(`too much: ${path} (${what})`);
  return lines.slice(0, limit);
}

function hashOf(path: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
}

/** Path → content of every regular file below `root`. */
export function* readTexts(root: string): Generator<readonly [path: string, text: string]> {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) yield [path, readFileSync(path, "latin1")];
  }
}
