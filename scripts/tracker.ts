#!/usr/bin/env bun
// A tracker for the torrents named, and no others: bun scripts/tracker.ts release.torrent --port 6969
import { hostname } from "node:os";
import { parseOptions, readTorrent, script, startTracker, untilAborted } from "../lib/index.ts";

await script(async (signal) => {
  const options = parseOptions(Bun.argv.slice(2), {
    example: "bun scripts/tracker.ts release.torrent --port 6969",
    about:
      "Runs a BitTorrent tracker that answers only for the torrents named, under a random path, until Ctrl+C.",
    words: "FILE.torrent…",
    minWords: 1,
    maxWords: 1000,
    flags: {
      port: { type: "count", value: "N", help: "TCP port to listen on (any free one)" },
      address: { type: "text", value: "ADDRESS", help: "this machine as peers reach it (its host name)" },
      peers: { type: "count", value: "N", min: 1, help: "peers to remember for each torrent (1000)" },
      interval: { type: "count", value: "SECONDS", min: 1, help: "how often peers are to come back (30)" },
    },
  });
  const torrents = await Promise.all(options.words.map(readTorrent));
  await using tracker = await startTracker({
    infohashes: torrents.map(({ infohash }) => infohash),
    ports: options.port === undefined ? undefined : { from: options.port, to: options.port },
    maxPeers: options.peers ?? 1000,
    intervalSeconds: options.interval ?? 30,
  });
  console.log(tracker.url(options.address ?? hostname()));
  for (const { name, infohash } of torrents)
    console.error(`answering for ${infohash} (${name}); Ctrl+C ends`);
  await untilAborted(signal);
  return 0;
});
