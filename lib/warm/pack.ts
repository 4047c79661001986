// A runtime as it travels: gzip in parts, each of which can be checked, passed on and unpacked by itself. One after the
// other they are one gzip file, which any gunzip unpacks.
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OpsError } from "../errors.ts";
import type { Runtime } from "./types.ts";

export interface Part {
  /** Counted from 0; unpacked, it begins at `index * PART_BYTES`. */
  readonly index: number;
  /** Where it is in the packed file, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Of the packed bytes, in hex. */
  readonly sha256: string;
}

export interface Packed {
  /** The gzip file on this machine. */
  readonly path: string;
  readonly bytes: number;
  readonly parts: readonly Part[];
}

/**
 * Of the runtime in one part. Small enough that two dozen hosts each have another one to give at first, large enough that
 * the programs a host starts for each of them cost little.
 */
export const PART_BYTES = 4 * 1024 * 1024;
/** Two seconds for a hundred megabytes, once a version; level 9 takes half as long again for 0.4 %, zlib's 6 twice as long. */
const GZIP = { level: 6, library: "libdeflate" } as const;
const DAY_MS = 24 * 3600 * 1000;
/** What was not used for so long makes room, here and on hosts. */
export const KEEP_DAYS = 30;

const packing = new Map<string, Promise<Packed>>();

/**
 * `runtime` packed, in `folder`; from there when an earlier run left it, and its bytes are still what they were.
 * @throws OpsError `source` when the runtime can't be read or the folder not written
 */
export function packRuntime(runtime: Runtime, { folder }: { readonly folder: string }): Promise<Packed> {
  const known = packing.get(runtime.sha256) ?? findOrPack(runtime, folder);
  packing.set(runtime.sha256, known);
  return known;
}

/** Removes from `folder` what no run has used for `KEEP_DAYS`. */
export async function pruneFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const info = await stat(path).catch(absent);
    if (info?.isFile() && Date.now() - info.mtimeMs > KEEP_DAYS * DAY_MS) await rm(path, { force: true });
  }
}

/** Notes that `path` was used now. */
export async function touch(path: string): Promise<void> {
  await utimes(path, new Date(), new Date()).catch(absent);
}

async function findOrPack(runtime: Runtime, folder: string): Promise<Packed> {
  const path = join(folder, `${runtime.name}.gz`);
  const index = `${path}.json`;
  try {
    await mkdir(folder, { recursive: true });
    const kept = await readKept(path, index, runtime);
    if (kept !== undefined) {
      await Promise.all([touch(path), touch(index)]);
      return kept;
    }
    const packed = await pack(runtime, path);
    await write(
      index,
      JSON.stringify({ sha256: runtime.sha256, partBytes: PART_BYTES, parts: packed.parts }),
    );
    await pruneFolder(dirname(path));
    return packed;
  } catch (error) {
    const { message } = error as Error;
    throw new OpsError("source", `can't pack ${runtime.path} for hosts into ${folder}: ${message}`, {
      cause: error,
      hint: "make room there, or see who may write to it",
    });
  }
}

async function pack(runtime: Runtime, path: string): Promise<Packed> {
  const source = Bun.file(runtime.path);
  const packed: Uint8Array<ArrayBuffer>[] = [];
  const parts: Part[] = [];
  let offset = 0;
  for (let start = 0; start < runtime.bytes; start += PART_BYTES) {
    const bytes = Bun.gzipSync(await source.slice(start, start + PART_BYTES).bytes(), GZIP);
    const sha256 = Bun.SHA256.hash(bytes, "hex");
    parts.push({ index: packed.length, offset, bytes: bytes.length, sha256 });
    packed.push(bytes);
    offset += bytes.length;
  }
  await write(path, new Blob(packed));
  return { path, bytes: offset, parts };
}

/** What an earlier run left, if it is whole: a wrong part would be refused by every host. */
async function readKept(path: string, index: string, runtime: Runtime): Promise<Packed | undefined> {
  const kept: { sha256: string; partBytes: number; parts: Part[] } | undefined = await Bun.file(index)
    .json()
    .catch(() => undefined);
  if (kept?.sha256 !== runtime.sha256 || kept.partBytes !== PART_BYTES) return undefined;
  const file = Bun.file(path);
  const bytes = kept.parts.reduce((sum, part) => sum + part.bytes, 0);
  if (!(await file.exists()) || file.size !== bytes) return undefined;
  for (const { offset, bytes: length, sha256 } of kept.parts) {
    if (Bun.SHA256.hash(await file.slice(offset, offset + length).bytes(), "hex") !== sha256)
      return undefined;
  }
  return { path, bytes, parts: kept.parts };
}

/** Whole or not at all: two runs may pack at once. */
async function write(path: string, content: Blob | string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  try {
    await Bun.write(temporary, content);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
