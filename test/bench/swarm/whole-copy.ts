// Whether the hosts together hold every piece, read from their disks: any client's, without asking it.
import { type FileHandle, open } from "node:fs/promises";
import type { Payload } from "./race.ts";

const BLOCK_BYTES = 16 * 1024;
/** Of random content, enough to know a block by. */
const MARK_BYTES = 8;

/** A question to ask again and again: each asking looks only for the pieces that no host was seen to have. */
export async function copyWatch(
  { torrent, file }: Payload,
  files: readonly string[],
): Promise<() => Promise<boolean>> {
  const { pieceLength, totalBytes } = torrent;
  const missing = new Set(Array.from({ length: torrent.pieceHashes.length / 20 }, (_, index) => index));
  const original = Buffer.from(await Bun.file(file).arrayBuffer());
  const has = async (handle: FileHandle, index: number) => {
    const end = Math.min(totalBytes, (index + 1) * pieceLength);
    const mark = Buffer.alloc(MARK_BYTES);
    for (let offset = index * pieceLength; offset < end; offset += BLOCK_BYTES) {
      const { bytesRead } = await handle.read(mark, 0, MARK_BYTES, offset);
      if (!mark.subarray(0, bytesRead).equals(original.subarray(offset, offset + MARK_BYTES))) return false;
    }
    return true;
  };
  return async () => {
    for (const path of files) {
      const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      if (handle === undefined) continue;
      await using _closed = handle;
      for (const index of missing) if (await has(handle, index)) missing.delete(index);
    }
    return missing.size === 0;
  };
}
