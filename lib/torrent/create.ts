// A file or folder → metainfo that depends on nothing but its bytes, its names and its name.
import { lstatSync, readdirSync, realpathSync, type Stats } from "node:fs";
import { basename, join, resolve } from "node:path";
import bencode from "bencode";
import { OpsError } from "../errors.ts";
import { parseTorrent } from "./metainfo.ts";
import { comparePaths, pathProblem, printable } from "./paths.ts";
import { pieceLength as choosePieceLength } from "./piece-length.ts";
import { hashPieces } from "./pieces.ts";
import type { Torrent } from "./types.ts";

export interface CreateTorrentOptions {
  /** What clients call it; the last part of `path` when not given. */
  readonly name?: string | undefined;
  /** Bytes, a power of two of at least 16 KiB; chosen by size when not given. */
  readonly pieceLength?: number | undefined;
  /** Tracker URLs, the first is tried first. They are no part of the infohash. */
  readonly announce?: readonly string[] | undefined;
  /** Peers only from the trackers: no DHT, no peer exchange (BEP 27). Default true. */
  readonly private?: boolean | undefined;
  readonly comment?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: { readonly bytes: number; readonly totalBytes: number }) => void) | undefined;
}

interface Found {
  readonly path: string;
  readonly absolute: string;
  readonly length: number;
}

/**
 * Makes a BitTorrent v1 torrent of a file or folder: files sorted by the bytes of their paths, no creation date, so the
 * same tree under the same name has the same infohash wherever it lies. Empty folders are no part of a torrent.
 * @throws OpsError `torrent` when there is nothing in it, or something a torrent can't hold (a symlink, a socket);
 *   `source` when it can't be read or changes meanwhile
 * @see https://www.bittorrent.org/beps/bep_0003.html
 *
 * @example
 * const torrent = await createTorrent("./release", { announce: ["http://deploy1:6969/announce"] });
 * await Bun.write("release.torrent", torrent.metainfo);
 */
export async function createTorrent(path: string, options: CreateTorrentOptions = {}): Promise<Torrent> {
  const { name = basename(resolve(path)), announce = [], comment, signal, onProgress } = options;
  if (name.includes("/") || pathProblem(name) !== undefined)
    throw new RangeError(`not a torrent's name: ${name}`);
  const { files, folder } = list(path);
  const totalBytes = files.reduce((sum, file) => sum + file.length, 0);
  if (totalBytes === 0) {
    throw new OpsError("torrent", `${path}: nothing to make a torrent of: it holds no bytes`, {
      hint: "name a file or folder that holds something",
    });
  }
  const pieceLength = options.pieceLength ?? choosePieceLength(totalBytes);
  if (
    !(Number.isSafeInteger(pieceLength) && pieceLength >= 16384 && Number.isInteger(Math.log2(pieceLength)))
  ) {
    throw new RangeError(`not a piece length (a power of two of at least 16384): ${pieceLength}`);
  }

  const pieces = Buffer.alloc(Math.ceil(totalBytes / pieceLength) * 20);
  const disk = files.map((file) => ({ path: file.absolute, length: file.length }));
  const take = (index: number, digest: Uint8Array | undefined, cause: unknown) => {
    if (digest === undefined) throw changed(cause);
    pieces.set(digest, index * 20);
    onProgress?.({ bytes: Math.min(totalBytes, (index + 1) * pieceLength), totalBytes });
  };
  await hashPieces(disk, pieceLength, take, { signal });
  for (const file of files) {
    if (lstatSync(file.absolute, { throwIfNoEntry: false })?.size !== file.length) {
      throw changed(new Error(`${file.absolute}: its size changed`));
    }
  }

  const content = folder
    ? { files: files.map((file) => ({ length: file.length, path: file.path.split("/") })) }
    : { length: totalBytes };
  const metainfo = bencode.encode({
    ...(announce[0] === undefined ? {} : { announce: announce[0] }),
    // One tier each, so that clients try them in this order (BEP 12).
    ...(announce.length > 1 ? { "announce-list": announce.map((url) => [url]) } : {}),
    ...(comment === undefined ? {} : { comment }),
    info: {
      ...content,
      name,
      "piece length": pieceLength,
      pieces,
      ...(options.private === false ? {} : { private: 1 }),
    },
  });
  return parseTorrent(metainfo);
}

function list(from: string): { readonly files: readonly Found[]; readonly folder: boolean } {
  const root = reading(from, () => realpathSync(from));
  const stats = reading(from, () => lstatSync(root));
  if (stats.isFile())
    return { files: [{ path: basename(root), absolute: root, length: stats.size }], folder: false };
  if (!stats.isDirectory()) throw unfit(from, stats);
  const files: Found[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const inside = folder;
    for (const name of reading(join(from, inside), () => readdirSync(join(root, inside)))) {
      const path = inside === "" ? name : `${inside}/${name}`;
      const absolute = join(root, path);
      const found = reading(absolute, () => lstatSync(absolute));
      if (found.isDirectory()) folders.push(path);
      else if (found.isFile()) files.push({ path, absolute, length: found.size });
      else throw unfit(join(from, path), found);
    }
  }
  return { files: files.sort((a, b) => comparePaths(a.path, b.path)), folder: true };
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new OpsError("source", `${printable(path)}: ${(cause as Error).message}`, {
      hint: "name a file or folder you can read",
      cause,
    });
  }
}

function unfit(path: string, stats: Stats): OpsError {
  const what = stats.isSymbolicLink() ? "a symlink" : "neither a file nor a folder";
  return new OpsError("torrent", `${printable(path)} is ${what}; a torrent holds only files`, {
    hint: "put the tree into a tarball first; deploy.ts and distribute.ts do that by themselves",
  });
}

function changed(cause: unknown): OpsError {
  return new OpsError("source", `changed while it was read: ${(cause as Error).message}`, {
    hint: "try again when nothing writes there",
    cause,
  });
}
