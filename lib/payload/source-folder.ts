// A folder on disk → entries. Nothing is followed: a symlink is an entry, whatever it points to.
import { lstatSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import type { Excluder } from "./exclude.ts";
import { openBytes } from "./open-bytes.ts";
import type { SourceEntry, SourceFile } from "./source.ts";

/** The file at `absolute` as an entry called `path`. */
export function loneFile(absolute: string, path: string): SourceFile {
  const real = reading(absolute, () => realpathSync(absolute));
  const seen = reading(absolute, () => lstatSync(real));
  return { type: "file", path, mode: seen.mode & 0o7777, size: seen.size, open: () => openBytes(real, seen) };
}

/**
 * Everything below `folder` that isn't excluded, in no particular order. Sockets, devices and fifos become warnings.
 * @throws OpsError `source` when a part can't be listed or a name is not UTF-8
 */
export async function folderEntries(
  folder: string,
  {
    excluded,
    warnings,
    signal,
  }: { readonly excluded: Excluder; readonly warnings: string[]; readonly signal?: AbortSignal | undefined },
): Promise<readonly SourceEntry[]> {
  const root = reading(folder, () => realpathSync(folder));
  const pause = startSlices({ signal });
  const entries: SourceEntry[] = [];
  const folders = [""];
  for (let inside = folders.pop(); inside !== undefined; inside = folders.pop()) {
    for (const name of namesIn(join(root, inside))) {
      await pause();
      const path = inside === "" ? name : `${inside}/${name}`;
      const absolute = join(root, path);
      const seen = reading(absolute, () => lstatSync(absolute));
      if (excluded(path, seen.isDirectory())) continue;
      const mode = seen.mode & 0o7777;
      if (seen.isDirectory()) {
        entries.push({ type: "folder", path, mode });
        folders.push(path);
      } else if (seen.isFile()) {
        entries.push({ type: "file", path, mode, size: seen.size, open: () => openBytes(absolute, seen) });
      } else if (seen.isSymbolicLink()) {
        entries.push({ type: "symlink", path, target: targetOf(absolute) });
      } else {
        const what = seen.isSocket() ? "a socket" : seen.isFIFO() ? "a fifo" : "a device";
        warnings.push(`${printable(path)} is ${what} and was left out`);
      }
    }
  }
  return entries;
}

function namesIn(folder: string): readonly string[] {
  const names = reading(folder, () => readdirSync(folder));
  // What is not UTF-8 arrives as U+FFFD, which could also be a name's own character: only the bytes tell.
  if (names.some((name) => name.includes("\uFFFD"))) {
    for (const name of readdirSync(folder, { encoding: "buffer" })) checkUtf8(name, folder);
  }
  return names;
}

function targetOf(link: string): string {
  const target = reading(link, () => readlinkSync(link));
  if (target.includes("\uFFFD"))
    checkUtf8(readlinkSync(link, { encoding: "buffer" }), `the target of ${link}`);
  return target;
}

function checkUtf8(bytes: Buffer, where: string): void {
  if (Buffer.from(bytes.toString("utf8"), "utf8").equals(bytes)) return;
  const escaped = bytes
    .toString("latin1")
    .replace(/[^ -~]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
  throw new OpsError("source", `${printable(where)}: the name "${escaped}" is not UTF-8`, {
    hint: "rename it, or exclude the folder it is in",
  });
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new OpsError("source", `${printable(path)}: ${(cause as Error).message}`, {
      hint: "make it readable for you, or exclude it",
      cause,
    });
  }
}
