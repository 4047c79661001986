// A tree: what a release is, whatever its payload's layout. Hosts keep the tree of each release they have.
import { entryLine, parseEntries, parseObject, serializeEntries, unknownVersion } from "./entry.ts";
import type { Entry } from "./types.ts";

const TREE_VERSION = 1;
const WHAT = "the release's tree manifest";

/** The one way to write a tree: an entry a line, chunks included, so that it can be a base for what comes next. */
export function serializeTree(entries: readonly Entry[]): string {
  return `{"version":${TREE_VERSION},${serializeEntries(entries)}`;
}

/**
 * Reads a tree and checks all of it, as `parseManifest` does.
 * @throws OpsError `protocol` when the version is unknown, `hash` for anything else
 */
export function parseTree(text: string): readonly Entry[] {
  const { version, entries } = parseObject(text, WHAT);
  if (version !== TREE_VERSION) throw unknownVersion("tree", version, TREE_VERSION);
  return parseEntries(entries, WHAT);
}

/**
 * What tells one release from another: SHA-256, 64 lowercase hex digits, over paths, types, modes, sizes, link targets
 * and the hashes of files. How files are cut into chunks is no part of it.
 */
export function treeDigest(entries: readonly Entry[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const entry of entries) {
    const whole =
      entry.type === "file" && entry.chunks !== undefined ? { ...entry, chunks: undefined } : entry;
    hasher.update(`${entryLine(whole)}\n`);
  }
  return hasher.digest("hex");
}
