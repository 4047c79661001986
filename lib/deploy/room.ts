// Whether a release fits on a host, by what the survey saw: known before a byte travels.
import { OpsError } from "../errors.ts";
import { contentBytes } from "../payload/layout.ts";
import type { Manifest } from "../payload/types.ts";
import type { HostReport } from "../release/types.ts";
import { formatBytes } from "../ui/format.ts";

/**
 * What is missing for the unpacked tree alone; undefined when it fits. The host checks again, to the block and with the
 * payload beside it: this is the early and lenient look, for which files of an earlier release cost no room.
 */
export function lackOfRoom(
  { freeBytes, freeInodes }: HostReport,
  manifest: Manifest,
  { reusesBytes = 0 }: { readonly reusesBytes?: number } = {},
): string | undefined {
  const { entries } = manifest;
  const needed = contentBytes(manifest) - reusesBytes;
  const short: string[] = [];
  if (freeBytes < needed) short.push(`${formatBytes(freeBytes)} free, ${formatBytes(needed)} needed`);
  // Some file systems count none, and say 0.
  if (freeInodes > 0 && freeInodes < entries.length)
    short.push(`${freeInodes} inodes free, ${entries.length} needed`);
  return short.length === 0 ? undefined : short.join("; ");
}

/** The error of a host without that room. */
export function noRoom(host: string, deployTo: string, lack: string): OpsError {
  return new OpsError("disk-full", `no room for the release in ${deployTo}/releases: ${lack}`, {
    host,
    hint: "free some there (old releases, logs), or lower rookery_keep_releases",
  });
}
