// A source → a payload: its files' bytes back to back, and the manifest that says what they are.
import { existsSync } from "node:fs";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";
import { startSlices } from "../torrent/slice.ts";
import { type ContentWriter, startContent } from "./content-writer.ts";
import { CONTENT_FILE, MANIFEST_FILE, serializeManifest } from "./manifest.ts";
import { readChunks, readWhole, SMALL_BYTES } from "./read-source.ts";
import { compressionPays } from "./sample.ts";
import type { Source, SourceFile } from "./source.ts";
import { type Entry, type FileEntry, type Manifest, PAYLOAD_VERSION, type Payload } from "./types.ts";
import { writeFault } from "./write-fault.ts";

export interface PackOptions {
  /** Where the payload goes: made when missing; must not hold one. */
  readonly folder: string;
  /** `auto`: zstd when it saves a tenth or more of a sample. */
  readonly compress?: "auto" | "zstd" | "none" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the source's files packed so far. */
  readonly onProgress?: ((done: { readonly bytes: number; readonly totalBytes: number }) => void) | undefined;
}

/**
 * Packs `source`. The same tree gives the same two files, byte for byte (with the same version of Bun, whose zstd it is).
 * Equal files are stored once. When it fails or is aborted, nothing stays in `folder`.
 * @throws OpsError `source` when a file can't be read or changes meanwhile, `disk-full`, `release` when `folder` can't be written
 */
export async function packSource(source: Source, options: PackOptions): Promise<Payload> {
  const { folder, compress = "auto", signal } = options;
  const made = !existsSync(folder);
  const paths = [join(folder, CONTENT_FILE), join(folder, MANIFEST_FILE)] as const;
  const taken = paths.find((path) => existsSync(path));
  if (taken !== undefined) throw new RangeError(`there is a payload already: ${taken}`);
  try {
    await mkdir(folder, { recursive: true });
    return await pack(source, options);
  } catch (cause) {
    await Promise.all((made ? [folder] : paths).map((path) => rm(path, { recursive: true, force: true })));
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw await writeFault(cause, folder);
    const { bavail, bsize } = await statfs(made ? join(folder, "..") : folder);
    const mebibytes = (bytes: number) => `${(bytes / 1048576).toFixed(1)} MiB`;
    throw new OpsError(
      "disk-full",
      `no room to pack ${printable(source.from)} in ${printable(folder)}: ${mebibytes(bavail * bsize)} free, ` +
        `up to ${mebibytes(sizeOf(filesOf(source)))} needed`,
      { hint: "free some space there, or set TMPDIR to a folder with room for the release", cause },
    );
  }

  async function pack(from: Source, { onProgress }: PackOptions): Promise<Payload> {
    const files = filesOf(from);
    const zstd = compress === "zstd" || (compress === "auto" && (await compressionPays(files, { signal })));
    const compression = zstd ? "zstd" : "none";
    await using content = startContent(paths[0], compression);
    const packed = await packFiles(files, content, { signal, onProgress });
    const entries: Entry[] = from.entries.map((entry) =>
      entry.type === "file" ? (packed.entries.get(entry.path) as FileEntry) : entry,
    );
    const manifest: Manifest = {
      version: PAYLOAD_VERSION,
      compression,
      contentBytes: packed.contentBytes,
      entries,
    };
    const text = serializeManifest(manifest);
    const fileBytes = await content.end();
    await writeFile(paths[1], text, { flag: "wx", mode: 0o644 });
    const totalBytes = fileBytes + Buffer.byteLength(text);
    return { path: folder, manifest, totalBytes, warnings: from.warnings, revision: from.revision };
  }
}

/** Appends the bytes of `files` to `content`, each distinct content once. */
async function packFiles(
  files: readonly SourceFile[],
  content: ContentWriter,
  { signal, onProgress }: Pick<PackOptions, "signal" | "onProgress">,
): Promise<{ readonly entries: ReadonlyMap<string, FileEntry>; readonly contentBytes: number }> {
  const entries = new Map<string, FileEntry>();
  const offsets = new Map<string, number>();
  const totalBytes = sizeOf(files);
  const pause = startSlices({ signal });
  const scratch = Buffer.allocUnsafe(SMALL_BYTES);
  const mayRepeat = repeatedSizes(files);
  let contentBytes = 0;
  let bytes = 0;

  for (const file of files) {
    await pause();
    const { type, path, mode, size } = file;
    let sha256: string;
    let known: number | undefined;
    if (size <= SMALL_BYTES) {
      const whole = readWhole(file, scratch);
      sha256 = Bun.CryptoHasher.hash("sha256", whole, "hex");
      known = offsets.get(sha256);
      if (known === undefined) await content.write(whole);
    } else {
      // A large file is read once, unless one of its size was packed before: then its hash decides first.
      const expected = mayRepeat.has(size) ? await hashOf(file, signal) : undefined;
      known = expected === undefined ? undefined : offsets.get(expected);
      sha256 = expected !== undefined && known !== undefined ? expected : await copyOf(file);
    }
    const offset = known ?? contentBytes;
    if (known === undefined) {
      offsets.set(sha256, offset);
      contentBytes += size;
    }
    entries.set(path, { type, path, mode, size, offset, sha256 });
    bytes += size;
    onProgress?.({ bytes, totalBytes });
  }
  return { entries, contentBytes };

  async function copyOf(file: SourceFile): Promise<string> {
    const hasher = new Bun.CryptoHasher("sha256");
    let done = bytes;
    for await (const chunk of readChunks(file)) {
      signal?.throwIfAborted();
      hasher.update(chunk);
      await content.write(chunk);
      done += chunk.length;
      onProgress?.({ bytes: done, totalBytes });
    }
    return hasher.digest("hex");
  }
}

async function hashOf(file: SourceFile, signal: AbortSignal | undefined): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of readChunks(file)) {
    signal?.throwIfAborted();
    hasher.update(chunk);
  }
  return hasher.digest("hex");
}

function repeatedSizes(files: readonly SourceFile[]): ReadonlySet<number> {
  const seen = new Set<number>();
  return new Set(files.map((file) => file.size).filter((size) => seen.size === seen.add(size).size));
}

function filesOf(source: Source): readonly SourceFile[] {
  return source.entries.filter((entry) => entry.type === "file");
}

function sizeOf(files: readonly SourceFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}
