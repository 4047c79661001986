// The tree manifest of every release of ours, kept beside its record: .rookery/releases/<id>.tree, compressed. It says
// what a release is made of, so that the next one can be made of it, and what was changed by hand since.
import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { OpsError } from "../errors.ts";
import { parseTree, serializeTree } from "../payload/tree.ts";
import type { Entry } from "../payload/types.ts";
import { hasCode } from "./faults.ts";
import type { Layout } from "./layout.ts";

/** A line of 200 bytes for each of two million files, far more than a release has; what unpacks to more is no tree. */
export const MAX_TREE_BYTES = 512 * 1024 * 1024;
/** The same, packed: paths and hashes take at least a seventh of their text. */
export const MAX_PACKED_TREE_BYTES = 128 * 1024 * 1024;

/** Keeps what release `id` is made of; on disk when this resolves. */
export async function writeTree(layout: Layout, id: string, entries: readonly Entry[]): Promise<void> {
  const draft = join(layout.temporary, `${process.pid}-${randomBytes(8).toString("hex")}`);
  try {
    const file = await open(draft, "wx", 0o644);
    try {
      await file.writeFile(Bun.zstdCompressSync(Buffer.from(serializeTree(entries))));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, treePath(layout, id));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * What release `id` is made of; undefined for releases other tools made, and for those of before there were trees.
 * @throws OpsError `release` when the file is damaged
 */
export async function readTree(layout: Layout, id: string): Promise<readonly Entry[] | undefined> {
  const path = treePath(layout, id);
  let packed: Uint8Array;
  try {
    packed = await readFile(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  return unpackTree(packed, path);
}

/**
 * Entries from the bytes of such a file, wherever they come from.
 * @throws OpsError `release` naming `from` when they are no tree
 */
export function unpackTree(packed: Uint8Array, from: string): readonly Entry[] {
  try {
    const text = zstdDecompressSync(packed, { maxOutputLength: MAX_TREE_BYTES });
    return parseTree(text.toString("utf8"));
  } catch (cause) {
    throw new OpsError("release", `${from} is no list of a release's files: ${(cause as Error).message}`, {
      hint: "remove that file; the next release is then fetched whole, and this one can't be verified",
      cause,
    });
  }
}

/** Where the tree of release `id` is kept. */
export function treePath(layout: Layout, id: string): string {
  return join(layout.records, `${id}.tree`);
}

/** Forgets what release `id` was made of. */
export async function removeTreeOf(layout: Layout, id: string): Promise<void> {
  await rm(treePath(layout, id), { force: true });
}
