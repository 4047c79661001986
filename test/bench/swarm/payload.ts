// The file that is sent: random bytes, so that nothing on the way can make less of them.
import { randomBytes } from "node:crypto";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTorrent } from "../../../lib/torrent/create.ts";
import type { Payload } from "./race.ts";
import { sha256 } from "./verify.ts";

const CHUNK_BYTES = 1024 * 1024;

export async function makePayload(
  root: string,
  { sizeBytes, pieceLength }: { readonly sizeBytes: number; readonly pieceLength: number | undefined },
): Promise<Payload> {
  const folder = join(root, "seed");
  const file = join(folder, "payload.bin");
  await mkdir(folder, { recursive: true });
  await using handle = await open(file, "w");
  for (let done = 0; done < sizeBytes; done += CHUNK_BYTES)
    await handle.write(randomBytes(Math.min(CHUNK_BYTES, sizeBytes - done)));
  // Not private: other clients may exchange peers.
  const torrent = await createTorrent(file, { pieceLength, private: false });
  const torrentFile = join(root, "payload.torrent");
  await writeFile(torrentFile, torrent.metainfo);
  return { torrent, torrentFile, folder, file, sha256: await sha256(file) };
}
