// Our tracker as a program on the hub: tracker-process.ts TORRENT ADDRESS. Says its URL, then "seeders N" as they come.
import { readFile } from "node:fs/promises";
import { parseTorrent } from "../../../lib/torrent/metainfo.ts";
import { startTracker } from "../../../lib/tracker/start.ts";

const [torrentFile = "", address = ""] = Bun.argv.slice(2);
const LOOK_MS = 50;
const { infohash } = parseTorrent(await readFile(torrentFile));
const tracker = await startTracker({
  infohashes: [infohash],
  maxPeers: 1000,
  intervalSeconds: 1,
  host: address,
});
process.stdout.write(`${tracker.url(address)}\n`);
let told = 0;
setInterval(() => {
  const { seeders } = tracker.counts(infohash);
  if (seeders !== told) process.stdout.write(`seeders ${seeders}\n`);
  told = seeders;
}, LOOK_MS);
