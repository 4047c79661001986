// libtorrent (libtorrent-rasterbar) through its Python binding, peers added directly as ours are.
import { join } from "node:path";
import type { Node } from "../network.ts";
import { PYTHON } from "../tools.ts";
import type { Contender } from "./contender.ts";
import { startTold } from "./told.ts";

export const libtorrent: Contender = {
  name: "libtorrent",
  title: "libtorrent",
  settings:
    "high_performance_seed preset but for suggest_mode 0 and 100 outstanding requests (quicker here), unlimited unchoke slots and connections, connection_speed 500, TCP only, no encryption, no DHT/LSD/UPnP, seed_mode for the seeder (no check), sparse files, every peer added directly",
  needs: { "python3-libtorrent": "python:libtorrent" },
  start: (race, hosts) =>
    startTold(race, hosts, (node: Node) => [
      PYTHON,
      join(import.meta.dir, "libtorrent-peer.py"),
      race.payload.torrentFile,
      node.index === 0 ? race.payload.folder : race.folder(node),
      node.address,
      node.index === 0 ? "seed" : "fetch",
    ]),
  place: (race, node) => race.folder(node),
};
