// Content → files, in one pass, each file's hash checked while it is written.
import { closeSync, constants, fchmodSync, openSync, read, write, writeSync } from "node:fs";
import { promisify } from "node:util";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import { readContent } from "./read-content.ts";
import type { FileEntry, Manifest } from "./types.ts";

const readAsync = promisify(read);
const writeAsync = promisify(write);

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
const COPY_BYTES = 512 * 1024;

export interface WriteFilesOptions {
  /** A path nothing is at, in a folder that is there, for the bytes of `file`. */
  readonly pathFor: (file: FileEntry) => string;
  /** Called when the file at `path` is whole and has its mode. */
  readonly placed?: ((file: FileEntry, path: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((writtenBytes: number) => void) | undefined;
}

/**
 * Writes all files of the payload in `folder`, reading its content once, in order.
 * @returns bytes written
 * @throws OpsError `hash` naming the first file whose bytes are wrong; system errors as they are
 */
export async function writeFiles(
  folder: string,
  manifest: Manifest,
  { pathFor, placed, signal, onProgress }: WriteFilesOptions,
): Promise<number> {
  const pause = startSlices({ signal });
  const content = readContent(folder, manifest);
  let chunk: Buffer = Buffer.alloc(0);
  let writtenBytes = 0;

  /** The next bytes of the content, at least one and at most `atMost`; none for a file of none. */
  const take = async (file: FileEntry, atMost: number) => {
    while (chunk.length === 0 && atMost > 0) {
      const { done, value } = await content.next();
      if (done === true) throw wrongBytes(file, "the content ends before its last byte");
      chunk = value;
    }
    const taken = chunk.subarray(0, atMost);
    chunk = chunk.subarray(taken.length);
    return taken;
  };
  const create = async (file: FileEntry, fill: (fd: number) => Promise<void> | void) => {
    const path = pathFor(file);
    const fd = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600);
    try {
      await fill(fd);
      // By number and last: a mode given to open() passes through the umask, and writing clears setuid.
      fchmodSync(fd, file.mode);
    } finally {
      closeSync(fd);
    }
    placed?.(file, path);
    writtenBytes += file.size;
    onProgress?.(writtenBytes);
    await pause();
  };

  try {
    for (const [first, ...copies] of groupsByOffset(manifest)) {
      const start = await take(first, first.size);
      if (start.length === first.size) {
        // Small files, nearly always: whole in memory, so four system calls each and no thread pool.
        if (Bun.CryptoHasher.hash("sha256", start, "hex") !== first.sha256) throw wrongBytes(first);
        for (const file of [first, ...copies]) await create(file, (fd) => writeAllSync(fd, start));
        continue;
      }
      await create(first, async (fd) => {
        const hasher = new Bun.CryptoHasher("sha256");
        let left = first.size;
        for (let bytes = start; ; bytes = await take(first, left)) {
          hasher.update(bytes);
          await writeAll(fd, bytes);
          left -= bytes.length;
          if (left === 0) break;
          onProgress?.(writtenBytes + first.size - left);
          await pause();
        }
        if (hasher.digest("hex") !== first.sha256) throw wrongBytes(first);
        for (const file of copies) await create(file, (copy) => copyBytes(fd, copy, file.size, pause));
      });
    }
    if (chunk.length > 0 || (await content.next()).done !== true) {
      throw new OpsError("hash", `the payload in ${folder} has more content than its manifest says`, {
        hint: "distribute the release again",
      });
    }
  } finally {
    await content.return(undefined);
  }
  return writtenBytes;
}

type Group = readonly [FileEntry, ...FileEntry[]];

/** Files by the bytes they share, in the order of the content: the manifest lists the first of each in that order. */
function groupsByOffset({ entries }: Manifest): readonly Group[] {
  const groups: [FileEntry, ...FileEntry[]][] = [];
  const known = new Map<number, FileEntry[]>();
  for (const entry of entries) {
    if (entry.type !== "file") continue;
    const group = entry.size === 0 ? undefined : known.get(entry.offset);
    if (group !== undefined) {
      group.push(entry);
      continue;
    }
    const fresh: [FileEntry, ...FileEntry[]] = [entry];
    groups.push(fresh);
    if (entry.size > 0) known.set(entry.offset, fresh);
  }
  return groups;
}

async function copyBytes(from: number, to: number, size: number, pause: () => Promise<void>): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(size, COPY_BYTES));
  for (let at = 0; at < size; ) {
    const { bytesRead } = await readAsync(from, buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) throw new Error("a file became shorter while it was copied");
    await writeAll(to, buffer.subarray(0, bytesRead));
    at += bytesRead;
    await pause();
  }
}

function writeAllSync(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += (await writeAsync(fd, bytes, at, bytes.length - at, null)).bytesWritten;
}

function wrongBytes(file: FileEntry, why = "its bytes don't have the hash the manifest names"): OpsError {
  return new OpsError("hash", `${printable(file.path)}: ${why}`, {
    hint: "distribute the release again; check the disks of both machines if that happens often",
  });
}
