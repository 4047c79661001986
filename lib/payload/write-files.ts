// Chunks → files, in one pass, each file's hash checked while it is written.
import { closeSync, constants, fchmodSync, openSync, read, write, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import { openChunks } from "./chunk-source.ts";
import { openKept } from "./kept.ts";
import { KEPT_FILE, type PayloadLayout, type PlacedChunk, payloadLayout, type Span } from "./layout.ts";
import type { OverlayRange } from "./stage.ts";
import type { FileEntry, Manifest } from "./types.ts";

const readAsync = promisify(read);
const writeAsync = promisify(write);

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const COPY_BYTES = 512 * 1024;

export interface WriteFilesOptions {
  /** A path nothing is at, in a folder that is there, for the bytes of `file`. */
  readonly pathFor: (file: FileEntry) => string;
  /** Called when the file at `path` is whole and has its mode. */
  readonly placed?: ((file: FileEntry, path: string) => void) | undefined;
  /** Paths of files that are there already. */
  readonly skip?: ReadonlySet<string> | undefined;
  /** What of the kept region lies in files below `folder`. */
  readonly overlay?: { readonly folder: string; readonly ranges: readonly OverlayRange[] } | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((writtenBytes: number) => void) | undefined;
}

/**
 * Writes the files of the payload in `folder`, reading its new content once, in order.
 * @returns bytes written
 * @throws OpsError `hash` naming the first file whose bytes are wrong; system errors as they are
 */
export async function writeFiles(
  folder: string,
  manifest: Manifest,
  { pathFor, placed, skip = new Set(), overlay, signal, onProgress }: WriteFilesOptions,
): Promise<number> {
  const pause = startSlices({ signal });
  const { chunksOf } = payloadLayout(manifest);
  const groups = groupsByBytes(manifest, skip);
  const { again, lenders } = repeated(groups, chunksOf);
  using kept = openKept(join(folder, KEPT_FILE), { overlay: overlay?.ranges, folder: overlay?.folder });
  await using source = openChunks(folder, manifest, kept);
  /** Files whose bytes may be read again: they get their modes, which may forbid that, last. */
  const lent: (readonly [FileEntry, string])[] = [];
  let writtenBytes = 0;

  const finish = (fd: number, file: FileEntry, path: string) => {
    // By number and last: a mode given to open() passes through the umask, and writing clears setuid.
    fchmodSync(fd, file.mode);
    placed?.(file, path);
  };
  const create = async (file: FileEntry, fill: (fd: number, path: string) => Promise<void> | void) => {
    const path = pathFor(file);
    const fd = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600);
    try {
      await fill(fd, path);
      if (lenders.has(file)) lent.push([file, path]);
      else finish(fd, file, path);
    } finally {
      closeSync(fd);
    }
    writtenBytes += file.size;
    onProgress?.(writtenBytes);
    await pause();
  };

  for (const [first, ...copies] of groups) {
    const spans = joined(chunksOf(first), again);
    const [head] = spans;
    let bytes = head === undefined ? new Uint8Array() : await source.read(head, 0);
    if (bytes.length === first.size && !lenders.has(first)) {
      // Small files, nearly always: whole in memory, so four system calls each and no thread pool.
      if (Bun.CryptoHasher.hash("sha256", bytes, "hex") !== first.sha256) throw wrongBytes(first);
      for (const file of [first, ...copies]) await create(file, (fd) => writeAllSync(fd, bytes));
      continue;
    }
    await create(first, async (fd, path) => {
      const hasher = new Bun.CryptoHasher("sha256");
      let at = 0;
      for (const span of spans) {
        for (let done = 0; done < span.length; done += bytes.length) {
          if (at > 0) bytes = await source.read(span, done);
          if (bytes.length === 0) throw wrongBytes(first, "the content ends before its last byte");
          hasher.update(bytes);
          await writeAll(fd, bytes);
          at += bytes.length;
          if (at < first.size) onProgress?.(writtenBytes + at);
          await pause();
        }
        if (again.delete(span)) source.written(span, path, at - span.length);
      }
      if (hasher.digest("hex") !== first.sha256) throw wrongBytes(first);
      for (const file of copies) await create(file, (copy) => copyBytes(fd, copy, file.size, pause));
    });
  }
  for (const [file, path] of lent) {
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW);
    try {
      finish(fd, file, path);
    } finally {
      closeSync(fd);
    }
  }
  if (await source.hasMore()) {
    throw new OpsError("hash", `the payload in ${folder} has more content than its manifest says`, {
      hint: "distribute the release again",
    });
  }
  return writtenBytes;
}

type Group = readonly [FileEntry, ...FileEntry[]];

/** Files by the bytes they share, in the order of the content: the manifest lists the first of each in that order. */
function groupsByBytes({ entries }: Manifest, skip: ReadonlySet<string>): readonly Group[] {
  const groups = new Map<string, [FileEntry, ...FileEntry[]]>();
  for (const entry of entries) {
    if (entry.type !== "file" || skip.has(entry.path)) continue;
    const group = groups.get(entry.sha256);
    if (group === undefined) groups.set(entry.sha256, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}

/** New chunks that more than one file has, or one more than once; and the files that have them first. */
function repeated(groups: readonly Group[], chunksOf: PayloadLayout["chunksOf"]) {
  const again = new Set<Span>();
  const lenders = new Set<FileEntry>();
  const owners = new Map<Span, FileEntry>();
  for (const [file] of groups) {
    for (const chunk of chunksOf(file)) {
      if (chunk.region === "kept") continue;
      const owner = owners.get(chunk);
      if (owner === undefined) owners.set(chunk, file);
      else {
        again.add(chunk);
        lenders.add(owner);
      }
    }
  }
  return { again, lenders };
}

/** Chunks that lie back to back as one, but for those needed again, whose places have to be told one by one. */
function joined(chunks: readonly PlacedChunk[], again: ReadonlySet<Span>): readonly Span[] {
  const spans: Span[] = [];
  let open = false;
  for (const chunk of chunks) {
    const last = spans.at(-1);
    const alone = again.has(chunk);
    if (open && !alone && last?.region === chunk.region && last.offset + last.length === chunk.offset) {
      spans[spans.length - 1] = { ...last, length: last.length + chunk.length };
    } else spans.push(chunk);
    open = !alone;
  }
  return spans;
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
