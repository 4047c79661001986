// What kind of archive a file is, and the plain tar inside a compressed one.
import { closeSync, createReadStream, createWriteStream, openSync, readSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { $ } from "zx";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";

const TAR_BLOCK = 512;
/** zstd.h: ZSTD_d_windowLogMax */
const WINDOW_LOG_MAX = 100;

export type ArchiveKind = "tar" | "gzip" | "zstd" | "bzip2" | "xz";

const MAGIC: readonly (readonly [ArchiveKind, string])[] = [
  ["gzip", "1f8b08"],
  ["zstd", "28b52ffd"],
  ["bzip2", "425a68"],
  ["xz", "fd377a585a00"],
];

/** What the file at `path` is, by its first bytes; undefined when it is no archive known here. */
export function archiveKind(path: string): ArchiveKind | undefined {
  const block = firstBlock(path);
  const start = block.toString("hex", 0, 8);
  return isTar(block) ? "tar" : MAGIC.find(([, magic]) => start.startsWith(magic))?.[0];
}

/**
 * Decompresses `path` to the file `tar`.
 * @returns whether it was a tar archive that was compressed
 * @throws OpsError `source` when it is damaged, `tool` when the program for it is missing, `disk-full`
 */
export async function unpackTar(
  path: string,
  kind: Exclude<ArchiveKind, "tar">,
  tar: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  try {
    if (kind === "gzip" || kind === "zstd") {
      const stream =
        kind === "gzip"
          ? createGunzip({ chunkSize: 1 << 18 })
          : // `zstd --long` needs more window than the default allows.
            createZstdDecompress({ chunkSize: 1 << 18, params: { [WINDOW_LOG_MAX]: 31 } });
      const input = createReadStream(path, { highWaterMark: 1 << 20 });
      await pipeline(input, stream, createWriteStream(tar), signal === undefined ? {} : { signal });
    } else {
      await unpackByProgram(path, kind, tar, signal);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof OpsError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOSPC") throw noRoom(path, tar, cause);
    throw damaged(path, (cause as Error).message, cause);
  }
  return isTar(firstBlock(tar));
}

async function unpackByProgram(path: string, program: string, tar: string, signal: AbortSignal | undefined) {
  const fd = openSync(tar, "wx");
  try {
    // Straight into the file: zx would keep all of stdout in memory.
    const run = $({ quiet: true, nothrow: true, stdio: ["ignore", fd, "pipe"], ...(signal && { signal }) });
    const { exitCode, stderr } = await run`${program} -dc -- ${path}`;
    signal?.throwIfAborted();
    if (exitCode === 127) {
      throw new OpsError("tool", `${program} is needed to unpack ${printable(path)} and is not installed`, {
        hint: `install ${program}, or compress with gzip or zstd`,
      });
    }
    if (/No space left/i.test(stderr)) throw noRoom(path, tar, undefined);
    if (exitCode !== 0) throw damaged(path, stderr.trim(), undefined);
  } finally {
    closeSync(fd);
  }
}

function firstBlock(path: string): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (cause) {
    throw new OpsError("source", `${printable(path)}: ${(cause as Error).message}`, {
      hint: "make it readable for you",
      cause,
    });
  }
  try {
    readSync(fd, block, 0, TAR_BLOCK, 0);
  } finally {
    closeSync(fd);
  }
  return block;
}

// By the header's checksum, which is counted with its own eight bytes as spaces: old tars have no magic number.
function isTar(block: Buffer): boolean {
  const stored = Number.parseInt(block.toString("latin1", 148, 156).replace(/[\0 ]+/g, " "), 8);
  let sum = 8 * 0x20;
  for (const [index, byte] of block.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum === stored && block[0] !== 0;
}

function damaged(path: string, why: string, cause: unknown): OpsError {
  return new OpsError("source", `${printable(path)} can't be unpacked: ${why}`, {
    hint: "make or fetch the archive again",
    cause,
  });
}

function noRoom(path: string, tar: string, cause: unknown): OpsError {
  return new OpsError("disk-full", `no room to unpack ${printable(path)} to ${printable(tar)}`, {
    hint: "free some space there, or set TMPDIR to a folder with room for the whole release",
    cause,
  });
}
