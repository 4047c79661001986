// Room on a disk: bytes and inodes, what there is and what a release needs.
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { OpsError } from "../errors.ts";
import type { Manifest } from "../payload/types.ts";
import { hasCode } from "./faults.ts";

export interface Space {
  readonly freeBytes: number;
  readonly freeInodes: number;
  /** Bytes in a block: a file takes whole ones. */
  readonly blockBytes: number;
  /** False on file systems that make inodes as they go (btrfs): `freeInodes` is 0 and means nothing. */
  readonly countsInodes: boolean;
}

const MiB = 1024 * 1024;
/** What stays free beside the release, so that logs can still be written: 16 MiB and a twentieth of what is unpacked. */
const MARGIN_BYTES = 16 * MiB;
const MARGIN_INODES = 16;
const MARGIN_SHARE = 0.05;

/** Space where `path` is or will be: of the nearest parent that exists. Root's reserve isn't counted. */
export async function spaceAt(path: string): Promise<Space> {
  try {
    const { bavail, bsize, files, ffree } = await statfs(path);
    return { freeBytes: bavail * bsize, freeInodes: ffree, blockBytes: bsize, countsInodes: files > 0 };
  } catch (error) {
    if (!hasCode(error, "ENOENT") || path === dirname(path)) throw error;
    return await spaceAt(dirname(path));
  }
}

/**
 * Fails early when `manifest` unpacked would not fit into `folder`, apart from the files that are present there.
 * @throws OpsError `disk-full` naming what is free and what is needed
 */
export async function checkSpace(
  folder: string,
  manifest: Manifest,
  { present = [] }: { readonly present?: readonly string[] | undefined } = {},
): Promise<void> {
  const { freeBytes, freeInodes, blockBytes, countsInodes } = await spaceAt(folder);
  const needed = neededSpace(manifest, { blockBytes, present: new Set(present) });
  const short: string[] = [];
  if (freeBytes < needed.bytes) short.push(`${mebibytes(freeBytes)} free, ${mebibytes(needed.bytes)} needed`);
  if (countsInodes && freeInodes < needed.inodes)
    short.push(`${freeInodes} inodes free, ${needed.inodes} needed`);
  if (short.length === 0) return;
  throw new OpsError("disk-full", `no room for the release in ${folder}: ${short.join("; ")}`, {
    hint: "free some there (old releases, logs), or lower rookery_keep_releases",
  });
}

function neededSpace(
  manifest: Manifest,
  { blockBytes, present }: { readonly blockBytes: number; readonly present: ReadonlySet<string> },
): { readonly bytes: number; readonly inodes: number } {
  let bytes = 0;
  for (const entry of manifest.entries) {
    if (present.has(entry.path)) continue;
    if (entry.type === "file") bytes += Math.ceil(entry.size / blockBytes) * blockBytes;
    if (entry.type === "folder") bytes += blockBytes;
  }
  const withMargin = (count: number, margin: number) => Math.ceil(count * (1 + MARGIN_SHARE)) + margin;
  return {
    bytes: withMargin(bytes, MARGIN_BYTES),
    inodes: withMargin(manifest.entries.length - present.size, MARGIN_INODES),
  };
}

function mebibytes(bytes: number): string {
  return `${(bytes / MiB).toFixed(1)} MiB`;
}
