// aria2c as it is, finding its peers through the tracker: it takes no list of them.
import type { Node } from "../network.ts";
import type { Contender } from "./contender.ts";
import { completionHook } from "./hook.ts";

const SETTINGS = [
  "--bt-max-peers=0",
  "--bt-request-peer-speed-limit=0",
  "--bt-tracker-interval=1",
  "--seed-ratio=0.0",
  "--file-allocation=none",
  "--disk-cache=64M",
  "--enable-dht=false",
  "--enable-dht6=false",
  "--bt-enable-lpd=false",
  "--bt-min-crypto-level=plain",
  "--bt-require-crypto=false",
  "--async-dns=false",
  "--disable-ipv6=true",
];

export const aria2: Contender = {
  name: "aria2",
  title: "aria2",
  settings: `${SETTINGS.join(" ")}, --bt-seed-unverified for the seeder`,
  needs: { aria2: "aria2c" },
  start: async (race, hosts) => {
    const start = async (node: Node) => {
      const seed = node.index === 0;
      const hook = seed ? [] : [`--on-bt-download-complete=${await completionHook(race, node)}`];
      race.start(node, [
        "aria2c",
        "--no-conf=true",
        ...SETTINGS,
        ...(seed ? ["--bt-seed-unverified=true", "--allow-overwrite=true"] : []),
        "--listen-port=6881",
        `--bt-tracker=${race.tracker.url}`,
        "--summary-interval=0",
        "--show-console-readout=false",
        "--console-log-level=notice",
        "--enable-color=false",
        `--dir=${seed ? race.payload.folder : race.folder(node)}`,
        ...hook,
        race.payload.torrentFile,
      ]);
    };
    await Promise.all([race.network.seeder, ...hosts].map(start));
    return {
      join: start,
      // The race ends them.
      [Symbol.asyncDispose]: async () => {},
    };
  },
  place: (race, node) => race.folder(node),
};
