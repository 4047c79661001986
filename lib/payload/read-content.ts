// A payload's manifest and new region, as a host finds them.
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { OpsError } from "../errors.ts";
import { MANIFEST_FILE, NEW_FILE } from "./layout.ts";
import { parseManifest } from "./manifest.ts";
import type { Manifest } from "./types.ts";

const CHUNK_BYTES = 512 * 1024;

/**
 * The manifest of the payload in `folder`.
 * @throws OpsError `hash` or `protocol`, as `parseManifest` does; `hash` also when there is none
 */
export async function readManifest(folder: string): Promise<Manifest> {
  return parseManifest(await readable(folder, () => readFile(join(folder, MANIFEST_FILE), "utf8")));
}

/**
 * The new region of the payload in `folder`, decompressed as it is read: no copy on disk, a few chunks in memory. Each
 * chunk is valid until the next is asked for.
 * @throws OpsError `hash` when it can't be read or isn't the zstd it should be
 */
export async function* readNew(folder: string, { compression, newBytes }: Manifest): AsyncGenerator<Buffer> {
  if (newBytes === 0) return; // there is no file then
  const file = createReadStream(join(folder, NEW_FILE), { highWaterMark: CHUNK_BYTES });
  const plain = compression === "zstd" ? createZstdDecompress({ chunkSize: CHUNK_BYTES }) : undefined;
  const piped = plain === undefined ? undefined : pipeline(file, plain);
  piped?.catch(() => undefined); // it ends `plain` with the same error, which the loop below throws
  const chunks = (plain ?? file)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await readable(folder, () => chunks.next());
      if (done === true) return;
      yield value as Buffer;
    }
  } finally {
    file.destroy();
    plain?.destroy();
  }
}

/** What `read` gives of the payload in `folder`. @throws OpsError `hash` when it fails */
export async function readable<T>(folder: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new OpsError("hash", `the payload in ${folder} can't be read: ${(cause as Error).message}`, {
      hint: "distribute the release again; check the host's disk if that happens often",
      cause,
    });
  }
}
