// A torrent's bytes on disk: files made at their full size, pieces read and written by position.
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, statfs } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";
import { openFiles } from "./open-files.ts";
import { coveredBytes, covers, NO_OVERLAY, type Overlay, type Part, partsOf } from "./overlay.ts";

export interface Storage extends AsyncDisposable {
  readonly folder: string;
  /** Whether bytes of this piece may have been there before: a piece of new, empty files needs no check. */
  mayHold(index: number): boolean;
  /** Whether all of this piece is here and was checked: it needs no other check. */
  covers(index: number): boolean;
  pieceBytes(index: number): number;
  /**
   * Reads the piece, or the part of it from `offset` that `into` has room for, and returns it.
   * @throws RangeError outside the piece; Error when a file is shorter than the torrent says
   */
  read(index: number, into?: Buffer, offset?: number): Promise<Buffer>;
  /** @throws OpsError disk-full when the disk or a quota is */
  write(index: number, bytes: Uint8Array): Promise<void>;
  /** Waits until what was written is on the disk, not only in the page cache. */
  sync(): Promise<void>;
}

/**
 * Opens `folder/<file.path>` for every file of `torrent`. `writable` makes them, at full size (sparse, so that a
 * missing byte costs nothing) after asking whether the disk has room. What `overlay` says lies elsewhere is read there.
 * @throws OpsError disk-full when it doesn't, `torrent` for a path that leaves the folder
 */
export async function openStorage(
  torrent: Torrent,
  {
    folder,
    writable,
    overlay = NO_OVERLAY,
  }: { readonly folder: string; readonly writable: boolean; readonly overlay?: Overlay | undefined },
): Promise<Storage> {
  const { files, pieceLength, totalBytes } = torrent;
  const paths = files.map(({ path }) => join(folder, contained(path)));
  const existed = writable ? await makeFiles(torrent, { paths, folder, overlay }) : files.map(() => true);
  const opened = openFiles();
  const flags = writable ? constants.O_RDWR | constants.O_NOFOLLOW : constants.O_RDONLY;

  /** Calls `use` for each file that `length` bytes from `start` lie in. */
  async function eachFile(
    start: number,
    length: number,
    use: (
      handle: FileHandle,
      span: { from: number; length: number; position: number; path: string },
    ) => Promise<void>,
  ): Promise<void> {
    for (let file = fileAt(torrent, start), from = 0; from < length; file++) {
      const entry = files[file];
      if (entry === undefined) throw new RangeError(`${start}+${length} is outside of the torrent`);
      const position = start + from - entry.offset;
      const span = {
        from,
        length: Math.min(length - from, entry.length - position),
        position,
        path: paths[file] as string,
      };
      if (span.length > 0) await opened.use(span.path, flags, (handle) => use(handle, span));
      from += Math.max(0, span.length);
    }
  }

  /** Fills `into` from `at` on with that part of the torrent, wherever it lies. */
  async function readPart(into: Buffer, { start, length, from }: Part, at: number): Promise<void> {
    const fill = async (
      handle: FileHandle,
      span: { from: number; length: number; position: number; path: string },
    ) => {
      const { bytesRead } = await handle.read(into, at + span.from, span.length, span.position);
      if (bytesRead !== span.length) throw new Error(`${span.path} is shorter than the torrent says`);
    };
    if (from === undefined) return eachFile(start, length, fill);
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
    await opened.use(from.path, flags, (handle) => fill(handle, { from: 0, length, ...from }));
  }

  const pieceBytes = (index: number) => Math.min(pieceLength, totalBytes - index * pieceLength);
  return {
    folder,
    pieceBytes,
    covers: (index) => covers(overlay, index * pieceLength, index * pieceLength + pieceBytes(index)),
    mayHold: (index) => {
      const end = index * pieceLength + pieceBytes(index);
      for (let file = fileAt(torrent, index * pieceLength); (files[file]?.offset ?? end) < end; file++)
        if (existed[file]) return true;
      return false;
    },
    read: async (index, into = Buffer.allocUnsafeSlow(pieceBytes(index)), offset = 0) => {
      const { length } = into;
      if (!(offset >= 0 && length > 0 && offset + length <= pieceBytes(index)))
        throw new RangeError(`no bytes ${offset}+${length} in piece ${index}`);
      const start = index * pieceLength + offset;
      for (const part of partsOf(overlay, start, length)) await readPart(into, part, part.start - start);
      return into;
    },
    write: async (index, bytes) => {
      try {
        await eachFile(index * pieceLength, bytes.length, async (handle, { from, length, position }) => {
          for (let done = 0; done < length; ) {
            const { bytesWritten } = await handle.write(bytes, from + done, length - done, position + done);
            done += bytesWritten;
          }
        });
      } catch (error) {
        throw explained(error, folder, bytes.length);
      }
    },
    sync: async () => {
      for (let file = 0; file < files.length; file++) {
        if (files[file]?.length === 0) continue;
        await opened
          .use(paths[file] as string, flags, (handle) => handle.datasync())
          .catch((error) => {
            throw explained(error, folder, totalBytes);
          });
      }
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

async function makeFiles(
  { files }: Torrent,
  {
    paths,
    folder,
    overlay,
  }: { readonly paths: readonly string[]; readonly folder: string; readonly overlay: Overlay },
): Promise<boolean[]> {
  await mkdir(folder, { recursive: true });
  const existed: boolean[] = [];
  let neededBytes = 0;
  for (const [index, { length, offset }] of files.entries()) {
    const path = paths[index] as string;
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
    try {
      const { size, blocks } = await handle.stat();
      existed.push(size > 0);
      neededBytes += Math.max(0, length - blocks * 512 - coveredBytes(overlay, offset, offset + length));
      if (size !== length) await handle.truncate(length);
    } catch (error) {
      throw explained(error, folder, length);
    } finally {
      await handle.close();
    }
  }
  const { bavail, blocks, bsize } = await statfs(folder);
  // A file system that doesn't count (blocks 0) is found full when it is.
  if (blocks > 0 && bavail * bsize < neededBytes)
    throw full(folder, neededBytes, `, ${bavail * bsize} are free`);
  return existed;
}

/** The file that holds byte `start`, the first of them where empty files stand at the same place. */
function fileAt({ files }: Torrent, start: number): number {
  let low = 0;
  for (let high = files.length; low < high; ) {
    const middle = (low + high) >> 1;
    const { offset, length } = files[middle] as Torrent["files"][number];
    if (offset + length <= start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function contained(path: string): string {
  const bad =
    path === "" ||
    isAbsolute(path) ||
    path.includes("\0") ||
    path.split("/").some((part) => part === ".." || part === "");
  if (bad)
    throw new OpsError(
      "torrent",
      `a file of the torrent would lie outside of its folder: ${JSON.stringify(path)}`,
    );
  return path;
}

function explained(error: unknown, folder: string, bytes: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT"
    ? full(folder, bytes, code === "EDQUOT" ? " (quota)" : "", error)
    : error;
}

function full(folder: string, bytes: number, more: string, cause?: unknown): OpsError {
  return new OpsError("disk-full", `no room in ${folder} for ${bytes} more bytes${more}`, {
    hint: "free some space there, or keep fewer releases (rookery_keep_releases)",
    cause,
  });
}
