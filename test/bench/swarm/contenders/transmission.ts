// Transmission's command line client; it takes no list of peers, so the tracker tells them.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Node } from "../network.ts";
import type { Race } from "../race.ts";
import type { Contender } from "./contender.ts";
import { completionHook } from "./hook.ts";

const SETTINGS = {
  "dht-enabled": false,
  "lpd-enabled": false,
  "pex-enabled": true,
  "utp-enabled": false,
  "port-forwarding-enabled": false,
  encryption: 0,
  preallocation: 0,
  "cache-size-mb": 64,
  "peer-limit-global": 1000,
  "peer-limit-per-torrent": 1000,
  "upload-slots-per-torrent": 1000,
  "speed-limit-down-enabled": false,
  "speed-limit-up-enabled": false,
  "ratio-limit-enabled": false,
  "idle-seeding-limit-enabled": false,
  "download-queue-enabled": false,
  "seed-queue-enabled": false,
  "rename-partial-files": false,
};

export const transmission: Contender = {
  name: "transmission",
  title: "Transmission",
  settings: `transmission-cli, its seeder started and announced before the clock (a host that asks the tracker first would wait a minute), ${JSON.stringify(SETTINGS).replaceAll('"', "").slice(1, -1)}`,
  needs: { "transmission-cli": "transmission-cli" },
  prepare: async (race) => {
    await startClient(race, race.network.seeder);
    await race.tracker.seeded;
  },
  start: async (race, hosts) => {
    const join = (node: Node) => startClient(race, node);
    await Promise.all(hosts.map(join));
    // The race ends them.
    return { join, [Symbol.asyncDispose]: async () => {} };
  },
  place: (race, node) => race.folder(node),
};

async function startClient(race: Race, node: Node): Promise<void> {
  const seed = node.index === 0;
  const config = join(race.folder(node), "config");
  await mkdir(config, { recursive: true });
  await writeFile(join(config, "settings.json"), JSON.stringify(SETTINGS));
  const torrent = join(config, "payload.torrent");
  await writeFile(torrent, withTracker(race.payload.torrent.metainfo, race.tracker.url));
  const hook = seed ? [] : ["-f", await completionHook(race, node)];
  const folder = seed ? race.payload.folder : race.folder(node);
  race.start(node, ["transmission-cli", "-g", config, "-w", folder, "-p", "51413", ...hook, torrent]);
}

/** The announce URL is no part of the infohash, and bencoded keys come in order: it is the first. */
function withTracker(metainfo: Uint8Array, url: string): Uint8Array {
  const announce = Buffer.from(`d8:announce${Buffer.byteLength(url)}:${url}`);
  return Buffer.concat([announce, metainfo.subarray(1)]);
}
