// What a chunk store would move, on paper: one stream of the whole tree, cut by content, each chunk packed on its own.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chunkLength } from "../../../lib/payload/chunker.ts";

/** casync's and desync's default: 16 to 256 KiB, 64 on average. */
const SIZES = { min: 16 * 1024, average: 64 * 1024, max: 256 * 1024 };
/** A file's name, mode, owner and time in the stream; about what a .catar takes. */
const HEADER_BYTES = 200;
/** In the index, which is fetched whole: an offset and a hash for each chunk. */
const INDEX_BYTES = 40;

/**
 * Bytes that a host which has the tree in `before` fetches for the one in `after`: the index, and every chunk it lacks,
 * packed by zstd. Headers are taken to be equal, which real ones are only when times are.
 */
export function casyncBytes(before: string, after: string): number {
  const known = new Set(chunks(stream(before)).map(({ hash }) => hash));
  let bytes = 0;
  for (const { hash, chunk } of chunks(stream(after))) {
    bytes += INDEX_BYTES;
    if (known.has(hash)) continue;
    known.add(hash);
    bytes += Math.min(chunk.length, Bun.zstdCompressSync(chunk, { level: 3 }).length);
  }
  return bytes;
}

function stream(folder: string): Buffer {
  const parts: Buffer[] = [];
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const name of names) {
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(name.slice(folder.length));
    parts.push(header, readFileSync(name));
  }
  return Buffer.concat(parts);
}

function chunks(bytes: Buffer): readonly { readonly hash: string; readonly chunk: Buffer }[] {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + chunkLength(bytes, at, bytes.length, SIZES));
    found.push({ hash: Bun.CryptoHasher.hash("sha256", chunk, "hex"), chunk });
    at += chunk.length;
  }
  return found;
}
