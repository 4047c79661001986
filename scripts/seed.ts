#!/usr/bin/env bun
// Upload what a torrent describes to any BitTorrent client: bun scripts/seed.ts release.torrent ./release --tracker URL
import { parseOptions, readTorrent, script, startPeer, untilAborted } from "../lib/index.ts";

await script(async (signal) => {
  const options = parseOptions(Bun.argv.slice(2), {
    example: "bun scripts/seed.ts release.torrent ./release --port 6881",
    about: "Checks PATH against the torrent, then uploads it to whoever asks, until Ctrl+C.",
    words: "FILE.torrent PATH",
    minWords: 2,
    maxWords: 2,
    flags: {
      tracker: { type: "text", value: "URL", help: "announce there (the torrent's own tracker)" },
      port: { type: "count", value: "N", min: 1, help: "TCP port to listen on (any free one)" },
    },
  });
  const [file = "", path = ""] = options.words;
  const torrent = await readTorrent(file);
  await using engine = await startPeer(torrent, path, { ...options, seed: true, signal });
  console.error(`seeding ${torrent.name} (${torrent.infohash}) on port ${engine.port}; Ctrl+C ends`);
  await untilAborted(signal);
  return 0;
});
