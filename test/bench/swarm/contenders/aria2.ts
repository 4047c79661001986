// aria2c as it is, finding its peers through the tracker: it takes no list of them.
import type { Node } from "../network.ts";
import type { Contender } from "./contender.ts";

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
];

export const aria2: Contender = {
  name: "aria2",
  title: "aria2",
  settings: `${SETTINGS.join(" ")}, --bt-seed-unverified for the seeder`,
  needs: { aria2: "aria2c" },
  start: async (race, hosts) => {
    const start = (node: Node) => {
      const seed = node.index === 0;
      race.start(
        node,
        [
          "aria2c",
          "--no-conf=true",
          ...SETTINGS,
          ...(seed
            ? ["--bt-seed-unverified=true", "--bt-hash-check-seed=false", "--allow-overwrite=true"]
            : []),
          "--listen-port=6881",
          `--bt-tracker=${race.trackerUrl}`,
          "--summary-interval=0",
          "--show-console-readout=false",
          "--console-log-level=notice",
          "--enable-color=false",
          `--dir=${seed ? race.payload.folder : race.folder(node)}`,
          race.payload.torrentFile,
        ],
        {
          onLine: (line) => {
            if (!seed && line.includes("Download of selected files was complete")) race.done(node);
          },
        },
      );
    };
    for (const node of [race.network.seeder, ...hosts]) start(node);
    return {
      join: async (node) => start(node),
      // The race ends them.
      [Symbol.asyncDispose]: async () => {},
    };
  },
  place: (race, node) => race.folder(node),
};
