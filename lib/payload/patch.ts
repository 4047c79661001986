// A manifest told by what it changes in a tree the host has: small when little changed, however many files there are.
import { OpsError } from "../errors.ts";
import { comparePaths } from "../torrent/paths.ts";
import { entryLine } from "./entry.ts";
import { distinctChunks } from "./layout.ts";
import { parseManifest, serializeManifest } from "./manifest.ts";
import type { Chunk, Entry, FileEntry, Manifest, Run } from "./types.ts";

const PATCH_VERSION = 1;
const ZSTD_LEVEL = 9;
interface Head {
  readonly version: number;
  /** SHA-256 of the manifest's text. */
  readonly sha256: string;
  readonly manifest: Omit<Manifest, "entries">;
}

/** A file as a patch writes it: hashes the base has too are numbers of its chunks. */
interface FileLine extends Omit<FileEntry, "sha256" | "chunks"> {
  readonly sha256: string | number;
  readonly chunks?: readonly (Chunk | Run)[] | undefined;
}

/**
 * What turns the tree `base` into `manifest`: a line for every run of entries kept (`=3`) or dropped (`-1`) and every
 * entry put in (`+{…}`), packed by zstd.
 */
export function diffTree(base: readonly Entry[], manifest: Manifest): Uint8Array {
  const { entries, ...head } = manifest;
  const text = serializeManifest(manifest);
  const first: Head = {
    version: PATCH_VERSION,
    sha256: Bun.CryptoHasher.hash("sha256", text, "hex"),
    manifest: head,
  };
  const numbers = new Map(distinctChunks(base).map(([, sha256], index) => [sha256, index]));
  const lines = [JSON.stringify(first)];
  let sign = "";
  let count = 0;
  const end = () => {
    if (count > 0) lines.push(`${sign}${count}`);
    count = 0;
  };
  const step = (next: "=" | "-") => {
    if (next !== sign) end();
    sign = next;
    count++;
  };
  let at = 0;
  for (const entry of entries) {
    let old = base[at];
    for (; old !== undefined && comparePaths(old.path, entry.path) < 0; old = base[++at]) step("-");
    const same = old !== undefined && old.path === entry.path;
    if (same) at++;
    if (same && entryLine(old as Entry) === entryLine(entry)) {
      step("=");
      continue;
    }
    if (same) step("-");
    end();
    lines.push(`+${JSON.stringify(shorten(entry, numbers))}`);
  }
  for (; at < base.length; at++) step("-");
  end();
  return Bun.zstdCompressSync(`${lines.join("\n")}\n`, { level: ZSTD_LEVEL });
}

/**
 * The text of the manifest that `patch` makes of `base`, exactly as it was when the patch was made.
 * @throws OpsError `hash` when the base is another one or the patch was damaged, `protocol` for a patch of another version
 */
export function applyPatch(base: readonly Entry[], patch: Uint8Array): string {
  return patchManifest(base, patch).text;
}

/** The same, with the manifest that the text says, checked. */
export function patchManifest(
  base: readonly Entry[],
  patch: Uint8Array,
): { readonly text: string; readonly manifest: Manifest } {
  let text: string;
  let head: Head;
  try {
    const lines = unpack(patch);
    head = JSON.parse(lines[0] ?? "") as Head;
    if (head.version !== PATCH_VERSION) {
      throw new OpsError("protocol", `a patch of version ${head.version} is not known here`, {
        hint: "use the same version of this program on both sides",
      });
    }
    const chunks = distinctChunks(base);
    const entries: Entry[] = [];
    let at = 0;
    for (const line of lines.slice(1, -1)) {
      if (line.startsWith("+")) {
        entries.push(lengthen(JSON.parse(line.slice(1)), chunks));
        continue;
      }
      const count = Number(line.slice(1));
      if (line.startsWith("=")) entries.push(...base.slice(at, at + count));
      at += count;
    }
    text = serializeManifest({ ...head.manifest, entries });
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    throw wrongBase(cause);
  }
  if (Bun.CryptoHasher.hash("sha256", text, "hex") !== head.sha256) throw wrongBase();
  return { text, manifest: parseManifest(text) };
}

function unpack(patch: Uint8Array): readonly string[] {
  return Buffer.from(Bun.zstdDecompressSync(patch)).toString("utf8").split("\n");
}

function shorten(entry: Entry, numbers: ReadonlyMap<string, number>): Entry | FileLine {
  if (entry.type !== "file") return entry;
  const { type, path, mode, size, sha256, chunks } = entry;
  const head = { type, path, mode, size } as const;
  if (chunks === undefined) return { ...head, sha256: numbers.get(sha256) ?? sha256 };
  const short: (Chunk | Run)[] = [];
  for (const chunk of chunks) {
    const number = numbers.get(chunk[1]);
    const last = short.at(-1);
    if (number === undefined) short.push(chunk);
    else if (isRun(last) && last[0] + last[1] === number) short[short.length - 1] = [last[0], last[1] + 1];
    else short.push([number, 1]);
  }
  return { ...head, sha256, chunks: short };
}

function lengthen(line: Entry | FileLine, base: readonly Chunk[]): Entry {
  if (line.type !== "file") return line;
  const known = (number: number): Chunk => {
    const chunk = base[number];
    if (chunk === undefined) throw new RangeError(`no chunk ${number}`);
    return chunk;
  };
  const { sha256, chunks, ...head } = line;
  if (typeof sha256 === "number") return { ...head, sha256: known(sha256)[1] };
  if (chunks === undefined) return { ...head, sha256 };
  const long = chunks.flatMap((chunk) =>
    isRun(chunk) ? Array.from({ length: chunk[1] }, (_, index) => known(chunk[0] + index)) : [chunk],
  );
  return { ...head, sha256, chunks: long };
}

function isRun(chunk: Chunk | Run | undefined): chunk is Run {
  return chunk !== undefined && typeof chunk[1] === "number";
}

function wrongBase(cause?: unknown): OpsError {
  return new OpsError("hash", "a patch doesn't fit the tree it was sent for", {
    hint: "deploy again; the host then gets the whole manifest",
    cause,
  });
}
