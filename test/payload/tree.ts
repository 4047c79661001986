// Trees as plain data: written to disk, read back, compared.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { removeTree } from "../../lib/payload/remove-tree.ts";
import { comparePaths } from "../../lib/torrent/paths.ts";
import { FOLDER_PREFIX, temporaryFolder } from "../support/marker.ts";

export type Node =
  | { readonly content: string | Uint8Array; readonly mode?: number }
  | { readonly folder: true; readonly mode?: number }
  | { readonly target: string };

/** Path → what is there. Folders a path needs are made (0755) when not named. */
export type Tree = Readonly<Record<string, Node>>;

/** Has every kind of entry that has ever been lost by a deploy tool. */
export const ODD_TREE: Tree = {
  "app.js": { content: "console.log('hello')\n" },
  "app.js.copy": { content: "console.log('hello')\n", mode: 0o600 },
  "bin/run": { content: "#!/bin/sh\n", mode: 0o755 },
  "bin/setuid": { content: "setuid", mode: 0o4755 },
  "bin/setgid": { content: "setgid", mode: 0o2755 },
  "empty.txt": { content: "" },
  "empty folder": { folder: true },
  "-rf": { content: "a leading dash" },
  " spaces  ": { content: "spaces" },
  "new\nline": { content: "a newline" },
  "quote'\"$(x)`y`": { content: "shell" },
  "back\\slash": { content: "backslash" },
  "ünïcödé/日本/🐦": { content: "birds" },
  "\uffee-before-🐦": { content: "UTF-8 order is not UTF-16 order" },
  "nfd-e\u0301": { content: "decomposed" },
  "nfc-\u00e9": { content: "composed" },
  [`deep/${"d123456789/".repeat(40)}file`]: { content: "a path longer than 255 bytes" },
  [`${"n".repeat(255)}`]: { content: "a name of 255 bytes" },
  unreadable: { content: "mode 0", mode: 0o000 },
  "read-only/inside/file": { content: "read-only folder", mode: 0o444 },
  "read-only/inside": { folder: true, mode: 0o555 },
  "read-only": { folder: true, mode: 0o555 },
  sticky: { folder: true, mode: 0o1777 },
  closed: { folder: true, mode: 0o700 },
  "link-to-file": { target: "app.js" },
  "link-to-folder": { target: "bin" },
  "link-dangling": { target: "nothing/here" },
  "read-only/up": { target: "../app.js" },
  "link-🐦\n": { target: "ünïcödé/日本/🐦" },
  ".env": { content: "hidden" },
  "large.bin": { content: Buffer.alloc(1536 * 1024 + 7, "large and repetitive ") },
  "large-copy.bin": { content: Buffer.alloc(1536 * 1024 + 7, "large and repetitive "), mode: 0o640 },
};

/** Writes `tree` into `folder`, which is made. Modes are exact. */
export function writeTree(folder: string, tree: Tree, { reverse = false } = {}): void {
  mkdirSync(folder, { recursive: true });
  const paths = Object.keys(tree).sort(comparePaths);
  if (reverse) paths.reverse();
  const at = (path: string) => join(folder, path);
  for (const path of paths) {
    const node = tree[path] as Node;
    makeParents(folder, path);
    if ("folder" in node) mkdirSync(at(path), { recursive: true });
    else if ("target" in node) symlinkSync(node.target, at(path));
    else writeFileSync(at(path), node.content);
  }
  for (const path of paths.toSorted(comparePaths).reverse()) {
    const node = tree[path] as Node;
    if (!("target" in node)) chmodSync(at(path), node.mode ?? ("folder" in node ? 0o755 : 0o644));
  }
}

function makeParents(folder: string, path: string): void {
  const parts = dirname(path).split("/");
  for (let depth = 1; depth <= parts.length; depth++) {
    const parent = join(folder, parts.slice(0, depth).join("/"));
    if (lstatSync(parent, { throwIfNoEntry: false }) !== undefined) continue;
    mkdirSync(parent);
    chmodSync(parent, 0o755);
  }
}

/** What is below `folder`: a line an entry, with mode, path, and target or hash. */
export function readTree(folder: string, inside = ""): readonly string[] {
  return readdirSync(join(folder, inside))
    .map((name) => (inside === "" ? name : `${inside}/${name}`))
    .flatMap((path) => {
      const found = lstatSync(join(folder, path));
      const name = JSON.stringify(path);
      if (found.isSymbolicLink())
        return [`symlink ${name} → ${JSON.stringify(readlinkSync(join(folder, path)))}`];
      const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
      if (found.isDirectory()) return [`folder ${mode} ${name}`, ...readTree(folder, path)];
      const hash = Bun.CryptoHasher.hash("sha256", readFileSync(join(folder, path)), "hex");
      return [`file ${mode} ${name} ${found.size} ${hash}`];
    })
    .sort();
}

export interface Workplace extends AsyncDisposable {
  readonly root: string;
  /** A path below it. */
  at(...parts: readonly string[]): string;
}

const MEMORY = "/dev/shm";

/**
 * A fresh folder for a test, removed when disposed, whatever modes are in it. With `inMemory` it is in /dev/shm, where
 * that has room for some 20,000 files.
 */
export async function workplace({ inMemory = false } = {}): Promise<Workplace> {
  const root =
    inMemory && roomIn(MEMORY) > 400 * 1024 * 1024
      ? await mkdtemp(join(MEMORY, `${FOLDER_PREFIX}payload-`))
      : await temporaryFolder("payload");
  chmodSync(root, 0o755);
  return { root, at: (...parts) => join(root, ...parts), [Symbol.asyncDispose]: () => removeTree(root) };
}

function roomIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
