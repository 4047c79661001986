#!/usr/bin/env bun
// Fetch what a torrent describes, from any BitTorrent client: bun scripts/peer.ts release.torrent ./release
import {
  followEngine,
  formatBytes,
  parseOptions,
  readTorrent,
  script,
  startPeer,
  untilAborted,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = parseOptions(Bun.argv.slice(2), {
    example: "bun scripts/peer.ts release.torrent ./release --peer web1:6881",
    about: `Fetches the torrent's files into the folder DEST, keeping what is right there already, and hashes them again
from disk. Uploads meanwhile.`,
    words: "FILE.torrent DEST",
    minWords: 2,
    maxWords: 2,
    flags: {
      tracker: { type: "text", value: "URL", help: "announce there (the torrent's own tracker)" },
      peer: { type: "list", value: "HOST:PORT", help: "fetch from this peer (repeatable)" },
      port: { type: "count", value: "N", min: 1, help: "TCP port to listen on (any free one)" },
      seed: { type: "switch", help: "go on uploading when everything is here, until Ctrl+C" },
    },
  });
  const [file = "", destination = ""] = options.words;
  const torrent = await readTorrent(file);
  const { tracker, peer, port } = options;
  await using engine = await startPeer(torrent, destination, { tracker, peers: peer, port, signal });
  let last = 0;
  for await (const { verified, pieces, downloadedBytes, peers, note } of followEngine(engine)) {
    const rate = `${formatBytes(downloadedBytes - last)}/s`;
    last = downloadedBytes;
    console.error(
      `${verified} of ${pieces} pieces, ${rate}, ${peers} peers${note === undefined ? "" : ` (${note})`}`,
    );
  }
  console.error(
    `complete: ${formatBytes(torrent.totalBytes)} in ${destination}, every piece hashed again from disk`,
  );
  if (options.seed) await untilAborted(signal);
  return 0;
});
