// manifest.json ↔ Manifest. Reading is strict: everything written on a host comes from here.
import { OpsError } from "../errors.ts";
import { comparePaths, parentOf, pathProblem, printable } from "../torrent/paths.ts";
import { type Entry, type Manifest, PAYLOAD_VERSION } from "./types.ts";

/** Names of a payload's two files, inside its folder. */
export const MANIFEST_FILE = "manifest.json";
export const CONTENT_FILE = "content";

/** The one way to write a manifest: an entry a line, keys in a fixed order, so that the same tree gives the same bytes. */
export function serializeManifest(manifest: Manifest): string {
  const { version, compression, contentBytes } = manifest;
  const head = JSON.stringify({ version, compression, contentBytes }).slice(0, -1);
  const lines = manifest.entries.map((entry) => JSON.stringify(canonical(entry)));
  return `${head},"entries":[\n${lines.join(",\n")}\n]}\n`;
}

/**
 * Reads a manifest and checks all of it: known version, safe and unique paths, each below a folder named before it,
 * files that lie back to back in the content (equal files may share their bytes).
 * @throws OpsError `protocol` when the version is unknown, `hash` for anything else: such a manifest was damaged or forged
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged("it is not JSON", cause);
  }
  if (!isRecord(value)) throw damaged("it is no object");
  const { version, compression, contentBytes, entries } = value;
  if (version !== PAYLOAD_VERSION) {
    throw new OpsError(
      "protocol",
      `payload format ${JSON.stringify(version)} is not known here (${PAYLOAD_VERSION} is)`,
      {
        hint: "use the same version of this program on both sides",
      },
    );
  }
  if (compression !== "none" && compression !== "zstd") throw damaged("its compression is unknown");
  if (!isCount(contentBytes)) throw damaged("contentBytes is no size");
  if (!Array.isArray(entries)) throw damaged("it has no entries");
  const parsed = entries.map(parseEntry);
  checkPaths(parsed);
  checkOffsets(parsed, contentBytes);
  return { version, compression, contentBytes, entries: parsed };
}

function parseEntry(value: unknown): Entry {
  if (!isRecord(value) || typeof value.path !== "string") throw damaged("an entry has no path");
  const { type, path, mode, size, offset, sha256, target } = value;
  const problem = pathProblem(path);
  if (problem !== undefined) throw damaged(`the path ${JSON.stringify(path)} ${problem}`);
  const wrong = (what: string) => damaged(`${printable(path)}: ${what}`);
  if (type === "symlink") {
    if (typeof target !== "string" || target === "" || target.includes("\0") || !target.isWellFormed()) {
      throw wrong("its target is no path");
    }
    return { type, path, target };
  }
  if (!isCount(mode) || mode > 0o7777) throw wrong("its mode is no mode");
  if (type === "folder") return { type, path, mode };
  if (type !== "file") throw wrong("its type is unknown");
  if (!isCount(size) || !isCount(offset)) throw wrong("its size or offset is no size");
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) throw wrong("its sha256 is no hash");
  return { type, path, mode, size, offset, sha256 };
}

function checkPaths(entries: readonly Entry[]): void {
  const folders = new Set([""]);
  let before: string | undefined;
  for (const { type, path } of entries) {
    if (before !== undefined && comparePaths(before, path) >= 0) {
      throw damaged(`${printable(path)} is named twice or out of order`);
    }
    if (!folders.has(parentOf(path))) throw damaged(`${printable(path)} lies in something that is no folder`);
    if (type === "folder") folders.add(path);
    before = path;
  }
}

// Back to back in order, or shared with an equal file before: no gaps, no overlaps, so one pass unpacks it.
function checkOffsets(entries: readonly Entry[], contentBytes: number): void {
  const known = new Map<number, string>();
  let end = 0;
  for (const entry of entries) {
    if (entry.type !== "file") continue;
    const { path, offset, size, sha256 } = entry;
    if (size === 0) {
      if (offset > contentBytes) throw damaged(`${printable(path)} lies outside the content`);
      continue;
    }
    const identity = `${size} ${sha256}`;
    if (offset === end) {
      known.set(offset, identity);
      end += size;
    } else if (known.get(offset) !== identity) {
      throw damaged(`${printable(path)} does not follow the file before it`);
    }
  }
  if (end !== contentBytes)
    throw damaged(`its files need ${end} bytes of content where it has ${contentBytes}`);
}

function canonical(entry: Entry): Entry {
  const { type, path } = entry;
  if (type === "symlink") return { type, path, target: entry.target };
  if (type === "folder") return { type, path, mode: entry.mode };
  return { type, path, mode: entry.mode, size: entry.size, offset: entry.offset, sha256: entry.sha256 };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function damaged(why: string, cause?: unknown): OpsError {
  return new OpsError("hash", `the payload's manifest is damaged: ${why}`, {
    hint: "pack and distribute the release again",
    cause,
  });
}
