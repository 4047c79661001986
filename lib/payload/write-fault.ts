import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";
import type { Manifest } from "./types.ts";

/**
 * A system error met while writing to `destination`, as the OpsError an operator can act on: `disk-full` saying what is
 * needed and free, `release` where it is a matter of rights and names. What is neither comes back as it is.
 */
export async function writeFault(error: unknown, destination: string, manifest?: Manifest): Promise<unknown> {
  if (error instanceof OpsError || !(error instanceof Error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const where = printable(destination);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT": {
      const { bavail, bsize, ffree } = await spaceNear(destination);
      const need = manifest === undefined ? "" : `, ${mebibytes(unpackedBytes(manifest))} needed`;
      const free = `${mebibytes(bavail * bsize)} and ${ffree} inodes free`;
      return new OpsError(
        "disk-full",
        `${where}: ${code === "EDQUOT" ? "quota used up" : "disk full"}${need}, ${free}`,
        {
          hint: "free some space there, or keep fewer releases",
          cause: error,
        },
      );
    }
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
    case "EEXIST":
    case "ELOOP":
    case "ENAMETOOLONG":
      return new OpsError("release", `can't write ${printable(path ?? destination)}: ${error.message}`, {
        hint: "see who owns that folder and what is in it; the deploying user must be able to write there",
        cause: error,
      });
    default:
      return error;
  }
}

/** Bytes of all files, equal ones counted each. */
function unpackedBytes(manifest: Manifest): number {
  return manifest.entries.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
}

async function spaceNear(path: string): Promise<StatsFs> {
  try {
    return await statfs(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || path === dirname(path)) throw error;
    return await spaceNear(dirname(path));
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}
