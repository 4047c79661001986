// A torrent against what is on disk.
import { statSync } from "node:fs";
import { join } from "node:path";
import { hashPieces } from "./pieces.ts";
import type { Torrent } from "./types.ts";

/**
 * Hashes every piece again from disk.
 * @param path the folder that holds the torrent's files, or the file itself when the torrent is of one file
 * @param options `onPiece(index, good)` is called once a piece, in order
 * @returns indices of the pieces that are missing or wrong, ascending; empty when all is well
 */
export async function verifyTorrent(
  torrent: Torrent,
  path: string,
  {
    onPiece,
    signal,
  }: {
    readonly onPiece?: ((index: number, good: boolean) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<readonly number[]> {
  const direct = torrent.files.length === 1 && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const files = torrent.files.map((file) => ({
    path: direct ? path : join(path, file.path),
    length: file.length,
  }));
  const bad: number[] = [];
  await hashPieces(
    files,
    torrent.pieceLength,
    (index, digest) => {
      const expected = torrent.pieceHashes.subarray(index * 20, index * 20 + 20);
      const good = digest !== undefined && Buffer.compare(digest, expected) === 0;
      if (!good) bad.push(index);
      onPiece?.(index, good);
    },
    { signal },
  );
  return bad;
}

/** Paths of the files that have bytes in any of `pieces`, in the torrent's order. */
export function filesOfPieces(torrent: Torrent, pieces: readonly number[]): readonly string[] {
  const wanted = new Set(pieces);
  const touched = (first: number, last: number) => {
    for (let piece = first; piece <= last; piece++) if (wanted.has(piece)) return true;
    return false;
  };
  return torrent.files
    .filter(({ length, offset }) => {
      if (length === 0) return false;
      const { pieceLength } = torrent;
      return touched(Math.floor(offset / pieceLength), Math.floor((offset + length - 1) / pieceLength));
    })
    .map((file) => file.path);
}
