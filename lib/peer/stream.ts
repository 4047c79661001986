// torrent-stream with all it does on its own account switched off: DHT, trackers, listening, dialling, choking,
// storing, checking, its order of pieces. What remains is requests, blocks and hashes.
import { createHash } from "node:crypto";
import torrentStream, { type ChunkStore, type TorrentEngine } from "torrent-stream";
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";

/** What the chunk store answers for a piece that was checked, until torrent-stream is ready. */
export const CHECKED_MARKER = Buffer.from("checked");
/** Unanswered requests end a wire after this long. */
const REQUEST_MS = 20_000;
/** No limit of torrent-stream's: links.ts bounds connections, and whoever is connected may download. */
const MANY = 10_000;

/**
 * Resolves when torrent-stream is ready for wires. It would read and hash every piece by itself, one after the other
 * on the main thread. Ours were checked already (`verified`: 1 a piece), so while it does that, the store gives it a
 * marker for each such piece, and it is told the marker's hash.
 */
export async function openTorrentStream(
  torrent: Torrent,
  {
    peerId,
    chunkStore,
    verified,
  }: { readonly peerId: string; readonly chunkStore: ChunkStore; readonly verified: Uint8Array },
): Promise<TorrentEngine> {
  const engine = torrentStream(Buffer.from(torrent.metainfo), {
    id: peerId,
    path: ".",
    connections: MANY,
    uploads: MANY,
    timeout: REQUEST_MS,
    verify: true,
    dht: false,
    tracker: false,
    hotswap: false,
    storage: () => chunkStore,
  });
  if (engine.infoHash !== torrent.infohash) {
    engine.destroy();
    throw new OpsError(
      "torrent",
      `torrent-stream reads another infohash: ${engine.infoHash}, not ${torrent.infohash}`,
    );
  }
  const hashes = engine.torrent.pieces.slice();
  const markerHash = createHash("sha1").update(CHECKED_MARKER).digest("hex");
  for (const index of verified.keys()) engine.torrent.pieces[index] = markerHash;
  // Not `engine.ready()`: that one calls back before anything was checked.
  await new Promise<void>((resolve) => engine.once("ready", resolve));
  for (const [index, hash] of hashes.entries()) engine.torrent.pieces[index] = hash;
  return engine;
}
