// Where each chunk of a payload lies: derived from the manifest, so that it need not be written down.
import { printable } from "../torrent/paths.ts";
import { damaged } from "./entry.ts";
import type { Chunk, Entry, FileEntry, Manifest } from "./types.ts";

/** Files of a payload, inside its folder, in the order a torrent lists them: what hosts may have comes first. */
export const KEPT_FILE = "kept";
export const MANIFEST_FILE = "manifest.json";
export const NEW_FILE = "new";
export const PAYLOAD_FILES = [KEPT_FILE, MANIFEST_FILE, NEW_FILE] as const;

/** Bytes of a region, `offset` counted from its (uncompressed) start. */
export interface Span {
  readonly region: "kept" | "new";
  readonly offset: number;
  readonly length: number;
}

/** A distinct chunk and its place. */
export interface PlacedChunk extends Span {
  readonly sha256: string;
}

export interface PayloadLayout {
  /** Distinct chunks, in the order they first appear. */
  readonly chunks: readonly PlacedChunk[];
  /** What `file` is made of, in its order; nothing for an empty one. */
  chunksOf(file: FileEntry): readonly PlacedChunk[];
}

/** Chunks of one file: a small one is its own only chunk. */
export function chunksOfFile({ size, sha256, chunks }: FileEntry): readonly Chunk[] {
  return chunks ?? (size === 0 ? [] : [[size, sha256]]);
}

/** Distinct chunks of `entries`, in the order they first appear. @throws OpsError `hash` when two lengths share a hash */
export function distinctChunks(entries: readonly Entry[]): readonly Chunk[] {
  const lengths = new Map<string, number>();
  const distinct: Chunk[] = [];
  for (const entry of entries) {
    if (entry.type !== "file") continue;
    for (const chunk of chunksOfFile(entry)) {
      const [length, sha256] = chunk;
      const known = lengths.get(sha256);
      if (known === undefined) {
        lengths.set(sha256, length);
        distinct.push(chunk);
      } else if (known !== length) {
        throw damaged("the payload's manifest", `${printable(entry.path)} has another size for equal bytes`);
      }
    }
  }
  return distinct;
}

/**
 * The place of every chunk.
 * @throws OpsError `hash` when runs or sizes don't fit the entries
 */
export function payloadLayout(
  manifest: Pick<Manifest, "kept" | "keptBytes" | "newBytes" | "entries">,
): PayloadLayout {
  const chunks: PlacedChunk[] = [];
  const bySha256 = new Map<string, PlacedChunk>();
  const ends = { kept: 0, new: 0 };
  const runs = manifest.kept[Symbol.iterator]();
  let run = runs.next();
  for (const [index, [length, sha256]] of distinctChunks(manifest.entries).entries()) {
    while (!run.done && index >= run.value[0] + run.value[1]) run = runs.next();
    const region = !run.done && index >= run.value[0] ? "kept" : "new";
    const chunk = { sha256, length, region, offset: ends[region] } as const;
    ends[region] += length;
    chunks.push(chunk);
    bySha256.set(sha256, chunk);
  }
  const [start, count] = manifest.kept.at(-1) ?? [0, 0];
  const wrong = (why: string) => damaged("the payload's manifest", why);
  if (start + count > chunks.length) throw wrong("its runs name chunks it doesn't have");
  for (const region of ["kept", "new"] as const) {
    const named = manifest[`${region}Bytes`];
    if (ends[region] !== named) {
      throw wrong(`its files need ${ends[region]} bytes of ${region} content where it has ${named}`);
    }
  }
  return {
    chunks,
    chunksOf: (file) => chunksOfFile(file).map(([, sha256]) => bySha256.get(sha256) as PlacedChunk),
  };
}

/** Bytes of all distinct chunks: what has to be somewhere, packed or not. */
export function contentBytes({ keptBytes, newBytes }: Pick<Manifest, "keptBytes" | "newBytes">): number {
  return keptBytes + newBytes;
}
