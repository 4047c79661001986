// Metainfo (.torrent files) → Torrent: BitTorrent v1, and nothing that could name a file outside its folder.
import { readFile } from "node:fs/promises";
import bencode, { type Bencoded } from "bencode";
import { OpsError } from "../errors.ts";
import { valueBytes } from "./bencode-span.ts";
import { parentOf, pathProblem, printable } from "./paths.ts";
import type { Torrent, TorrentFile } from "./types.ts";

type Dictionary = { [key: string]: Bencoded };

/**
 * Reads metainfo. Strict: piece hashes must fit the sizes, and every file name must be a relative path that can exist
 * beside the others.
 * @param bytes what a .torrent file holds
 * @throws OpsError `torrent` saying what is wrong with it
 * @see https://www.bittorrent.org/beps/bep_0003.html and bep_0012.html (announce-list), bep_0027.html (private)
 */
export function parseTorrent(bytes: Uint8Array): Torrent {
  const infoBytes = decoding(() => valueBytes(bytes, "info"));
  const outer = decoding(() => bencode.decode(bytes)) as Dictionary;
  const info = outer.info;
  if (infoBytes === undefined || !isDictionary(info)) throw bad("it has no info dictionary");
  if (info.pieces === undefined && info["meta version"] === 2) throw bad("it is BitTorrent v2 only");

  const name = text(info.name, "name");
  if (name.includes("/") || pathProblem(name) !== undefined)
    throw bad(`its name is no file name: ${printable(name)}`);
  const pieceLength = integer(info["piece length"], "piece length");
  if (pieceLength < 1) throw bad("its piece length is 0");
  const pieceHashes = info.pieces;
  if (!(pieceHashes instanceof Uint8Array)) throw bad("it has no pieces");

  const files = "files" in info ? listedFiles(info.files) : [single(info, name)];
  const last = files.at(-1);
  const totalBytes = last === undefined ? 0 : last.offset + last.length;
  if (totalBytes === 0) throw bad("it holds no bytes");
  const pieces = Math.ceil(totalBytes / pieceLength);
  if (pieceHashes.length !== pieces * 20) {
    throw bad(`it has ${pieceHashes.length / 20} piece hashes where its files need ${pieces}`);
  }
  return {
    name,
    infohash: Bun.CryptoHasher.hash("sha1", infoBytes, "hex"),
    pieceLength,
    totalBytes,
    pieceHashes,
    files,
    private: info.private === 1,
    announce: announceUrls(outer),
    metainfo: bytes,
  };
}

/**
 * Reads a .torrent file.
 * @throws OpsError `torrent` when it can't be read or isn't one
 */
export async function readTorrent(path: string): Promise<Torrent> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new OpsError("torrent", `${path}: ${(cause as Error).message}`, {
      hint: "name a .torrent file; torrent.ts make PATH makes one",
      cause,
    });
  }
  try {
    return parseTorrent(bytes);
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    throw new OpsError(error.code, `${path}: ${error.message}`, { hint: error.hint, cause: error.cause });
  }
}

function single(info: Dictionary, name: string): TorrentFile {
  return { path: name, length: integer(info.length, "length"), offset: 0 };
}

function listedFiles(list: Bencoded | undefined): TorrentFile[] {
  if (!Array.isArray(list) || list.length === 0) throw bad("its list of files is empty");
  const files: TorrentFile[] = [];
  const paths = new Set<string>();
  const folders = new Set<string>();
  let offset = 0;
  for (const item of list) {
    if (!isDictionary(item)) throw bad("its list of files is malformed");
    // BEP 47: filler between files; no client of ours would write it the same way twice.
    if (item.attr instanceof Uint8Array && text(item.attr, "attr").includes("p"))
      throw bad("it has padding files");
    if (!Array.isArray(item.path) || item.path.length === 0) throw bad("a file has no path");
    const parts = item.path.map((part) => text(part, "path"));
    const path = parts.join("/");
    const problem = parts.some((part) => part.includes("/")) ? 'has a "/" inside a part' : pathProblem(path);
    if (problem !== undefined) throw bad(`a file's path ${problem}: ${printable(path)}`);
    if (paths.has(path)) throw bad(`it names ${printable(path)} twice`);
    paths.add(path);
    for (let folder = parentOf(path); folder !== "" && !folders.has(folder); folder = parentOf(folder)) {
      folders.add(folder);
    }
    const length = integer(item.length, "length");
    files.push({ path, length, offset });
    offset += length;
  }
  if (!Number.isSafeInteger(offset)) throw bad("its sizes are too large");
  for (const path of paths) {
    if (folders.has(path)) throw bad(`${printable(path)} is both a file and a folder`);
  }
  return files;
}

function announceUrls(outer: Dictionary): string[] {
  const urls = new Set<string>();
  if (outer.announce !== undefined) urls.add(text(outer.announce, "announce"));
  const tiers = outer["announce-list"] ?? [];
  if (!Array.isArray(tiers)) throw bad("its announce-list is malformed");
  for (const tier of tiers) {
    if (!Array.isArray(tier)) throw bad("its announce-list is malformed");
    for (const url of tier) urls.add(text(url, "announce-list"));
  }
  urls.delete("");
  return [...urls];
}

function text(value: Bencoded | undefined, what: string): string {
  if (!(value instanceof Uint8Array)) throw bad(`its ${what} is missing or no text`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch (cause) {
    throw bad(`its ${what} is not UTF-8`, cause);
  }
}

function integer(value: Bencoded | undefined, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw bad(`its ${what} is missing or no size`);
  return value as number;
}

function isDictionary(value: Bencoded | undefined): value is Dictionary {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw bad((cause as Error).message, cause);
  }
}

function bad(why: string, cause?: unknown): OpsError {
  return new OpsError("torrent", `not a usable torrent: ${why}`, {
    hint: "make it again with torrent.ts make, or any client that writes BitTorrent v1",
    cause,
  });
}
