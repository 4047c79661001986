// Entries ↔ lines of text, as manifests and trees hold them. Reading is strict: everything written on a host comes from here.
import { OpsError } from "../errors.ts";
import { comparePaths, parentOf, pathProblem, printable } from "../torrent/paths.ts";
import type { Chunk, Entry } from "./types.ts";

const SHA256 = /^[0-9a-f]{64}$/;

/** Entries as lines of JSON, keys in a fixed order, between what opens and what closes a list. */
export function serializeEntries(entries: readonly Entry[]): string {
  return `"entries":[\n${entries.map(entryLine).join(",\n")}\n]}\n`;
}

/** The one way to write an entry. */
export function entryLine(entry: Entry): string {
  const { type, path } = entry;
  if (type === "symlink") return JSON.stringify({ type, path, target: entry.target });
  if (type === "folder") return JSON.stringify({ type, path, mode: entry.mode });
  const { mode, size, sha256, chunks } = entry;
  return JSON.stringify({ type, path, mode, size, sha256, chunks });
}

/**
 * Checks a list of entries: safe and unique paths in order, each below a folder named before it, chunks that add up.
 * @param what is read, for the error
 * @throws OpsError `hash`: such a list was damaged or forged
 */
export function parseEntries(entries: unknown, what: string): readonly Entry[] {
  if (!Array.isArray(entries)) throw damaged(what, "it has no entries");
  const parsed = entries.map((value) => parseEntry(value, what));
  const folders = new Set([""]);
  let before: string | undefined;
  for (const { type, path } of parsed) {
    const wrong = (why: string) => damaged(what, `${printable(path)} ${why}`);
    if (before !== undefined && comparePaths(before, path) >= 0)
      throw wrong("is named twice or out of order");
    if (!folders.has(parentOf(path))) throw wrong("lies in something that is no folder");
    if (type === "folder") folders.add(path);
    before = path;
  }
  return parsed;
}

function parseEntry(value: unknown, what: string): Entry {
  if (!isRecord(value) || typeof value.path !== "string") throw damaged(what, "an entry has no path");
  const { type, path, mode, size, sha256, chunks, target } = value;
  const problem = pathProblem(path);
  if (problem !== undefined) throw damaged(what, `the path ${JSON.stringify(path)} ${problem}`);
  const wrong = (why: string) => damaged(what, `${printable(path)}: ${why}`);
  if (type === "symlink") {
    if (typeof target !== "string" || target === "" || target.includes("\0") || !target.isWellFormed()) {
      throw wrong("its target is no path");
    }
    return { type, path, target };
  }
  if (!isCount(mode) || mode > 0o7777) throw wrong("its mode is no mode");
  if (type === "folder") return { type, path, mode };
  if (type !== "file") throw wrong("its type is unknown");
  if (!isCount(size)) throw wrong("its size is no size");
  if (typeof sha256 !== "string" || !SHA256.test(sha256)) throw wrong("its sha256 is no hash");
  if (chunks === undefined) return { type, path, mode, size, sha256 };
  if (!isChunkList(chunks)) throw wrong("its chunks are no chunks");
  if (chunks.reduce((sum, [length]) => sum + length, 0) !== size) {
    throw wrong("its chunks don't add up to its size");
  }
  return { type, path, mode, size, sha256, chunks };
}

function isChunkList(value: unknown): value is readonly Chunk[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (chunk) =>
        Array.isArray(chunk) &&
        chunk.length === 2 &&
        isCount(chunk[0]) &&
        chunk[0] > 0 &&
        typeof chunk[1] === "string" &&
        SHA256.test(chunk[1]),
    )
  );
}

/** The value of JSON `text`, which must be an object. @throws OpsError `hash` */
export function parseObject(text: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(what, "it is not JSON", cause);
  }
  if (!isRecord(value)) throw damaged(what, "it is no object");
  return value;
}

/** A format of another version: not damage, but nothing that can be read here. */
export function unknownVersion(what: string, version: unknown, known: number): OpsError {
  return new OpsError(
    "protocol",
    `${what} format ${JSON.stringify(version)} is not known here (${known} is)`,
    {
      hint: "use the same version of this program on both sides",
    },
  );
}

export function damaged(what: string, why: string, cause?: unknown): OpsError {
  return new OpsError("hash", `${what} is damaged: ${why}`, {
    hint: "pack and distribute the release again",
    cause,
  });
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
