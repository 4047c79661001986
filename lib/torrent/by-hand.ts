// What torrent.ts does with torrents for people: written to a file, described, compared with what is on disk.
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import type { Torrent } from "./types.ts";
import { filesOfPieces, verifyTorrent } from "./verify.ts";

/** @throws OpsError `usage` when `file` can't be written */
export function saveTorrent(file: string, torrent: Torrent): void {
  try {
    writeFileSync(file, torrent.metainfo);
  } catch (cause) {
    throw new OpsError("usage", `can't write ${file}: ${(cause as Error).message}`, {
      hint: "choose another -o FILE",
      cause,
    });
  }
}

/** A torrent as lines of text; `formatBytes` puts sizes in words. */
export function describeTorrent(torrent: Torrent, formatBytes: (bytes: number) => string): string {
  const { name, infohash, totalBytes, files, pieceHashes, pieceLength, announce } = torrent;
  const rows = [
    ["name", plain(name)],
    ["infohash", infohash],
    ["size", `${formatBytes(totalBytes)} (${totalBytes} bytes) in ${files.length} file(s)`],
    ["pieces", `${pieceHashes.length / 20} of ${formatBytes(pieceLength)}`],
    ["private", torrent.private ? "yes" : "no"],
    ...announce.map((url) => ["announce", plain(url)]),
  ];
  return rows.map(([title = "", value]) => `${title.padEnd(10)}${value}`).join("\n");
}

/** The files of a torrent, a line each. */
export function listFiles({ files }: Torrent, formatBytes: (bytes: number) => string): string {
  return files.map(({ path, length }) => `${formatBytes(length).padStart(10)}  ${plain(path)}`).join("\n");
}

export interface Comparison {
  readonly pieces: number;
  readonly rightPieces: number;
  /** Paths that differ, are missing, or are longer than they should be. */
  readonly differing: readonly string[];
}

/** @throws OpsError `source` when there is nothing at `path` */
export async function compareTorrent(
  torrent: Torrent,
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Comparison> {
  if (!existsSync(path)) {
    throw new OpsError("source", `${path}: no such file or folder`, {
      hint: "name what the torrent was made of",
    });
  }
  const bad = await verifyTorrent(torrent, path, signal === undefined ? {} : { signal });
  // What no piece tells: empty files that are missing, and files that are too long.
  const onDisk = (name: string) => (statSync(path).isFile() ? path : join(path, name));
  const sizeOf = (name: string) => statSync(onDisk(name), { throwIfNoEntry: false })?.size;
  const wrongSizes = torrent.files
    .filter((file) => sizeOf(file.path) !== file.length)
    .map((file) => file.path);
  const differing = [...new Set([...filesOfPieces(torrent, bad), ...wrongSizes])].map(plain);
  const pieces = torrent.pieceHashes.length / 20;
  return { pieces, rightPieces: pieces - bad.length, differing };
}

// A torrent's names are a stranger's: none may move this terminal's cursor.
function plain(name: string): string {
  return name.replace(/\p{Cc}/gu, "?");
}
