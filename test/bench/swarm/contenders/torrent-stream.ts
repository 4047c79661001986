// torrent-stream as npm brings it, with the options that it offers; peers added directly as ours are.
import { join } from "node:path";
import type { Contender } from "./contender.ts";
import { startTold } from "./told.ts";

export const torrentStream: Contender = {
  name: "torrent-stream",
  title: "torrent-stream",
  settings:
    "1.2.1 under Bun, connections 1000, uploads 1000, no DHT, no tracker, no check at start; every peer added directly",
  needs: {},
  start: (race, hosts) =>
    startTold(race, hosts, (node) => [
      process.execPath,
      join(import.meta.dir, "torrent-stream-peer.ts"),
      race.payload.torrentFile,
      node.index === 0 ? race.payload.folder : race.folder(node),
      node.index === 0 ? "seed" : "fetch",
    ]),
  place: (race, node) => race.folder(node),
};
