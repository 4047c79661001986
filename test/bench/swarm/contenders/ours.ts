// Our own peer as hosts run it: the bundled file, driven over stdin in the steps of lib/swarm/start.ts.
import { join } from "node:path";
import { bundlePeer } from "../../../../lib/peer/bundle.ts";
import { openPeer, type Peer } from "../../../../lib/peer/client.ts";
import type { PeerAddress } from "../../../../lib/peer/protocol.ts";
import { connect } from "../../../../lib/ssh/connect.ts";
import { openIntroductions } from "../../../../lib/swarm/graph.ts";
import { inside } from "../ip.ts";
import type { Node } from "../network.ts";
import type { Race } from "../race.ts";
import type { Contender } from "./contender.ts";

export const ours: Contender = {
  name: "ours",
  title: "Rookery",
  settings:
    "the bundled peer of lib/peer under Bun; peer lists pushed over stdin as lib/swarm/start.ts does; done = every piece hashed again from disk",
  needs: {},
  prepare: async (race) => {
    const { code } = await bundlePeer();
    await Bun.write(programOf(race), code);
  },
  start: async (race, hosts) => {
    await using stack = new AsyncDisposableStack();
    const seeder = await open(race, race.network.seeder, stack);
    const seeding = await joinSwarm(race, seeder, race.network.seeder);
    const introductions = openIntroductions<PeerAddress>(hosts.map(zoneOf));
    const peers: PeerAddress[] = [];
    const enter = async (node: Node) => {
      const peer = await open(race, node, stack);
      const self = await joinSwarm(race, peer, node);
      peers.push(self);
      const { dials, seeded } = introductions.enter(self, zoneOf(node));
      await Promise.all([
        seeded && seeder.request("peers", { peers: [self] }),
        peer.request("peers", { peers: dials }),
      ]);
    };
    await Promise.all(hosts.map(enter));
    const kept = stack.move();
    return {
      join: async (node) => {
        const peer = await open(race, node, kept);
        const { zone } = await joinSwarm(race, peer, node);
        await peer.request("peers", { peers: [seeding, ...peers].filter((other) => other.zone === zone) });
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  },
  place: (race, node) => join(race.folder(node), "payload"),
};

function programOf(race: Race): string {
  return join(race.folder(race.network.seeder), "peer.js");
}

async function open(race: Race, node: Node, stack: AsyncDisposableStack): Promise<Peer> {
  const { name, address } = node;
  const target = { name, via: "local", address, port: 0, hostKeyChecking: "yes" } as const;
  const signal = race.over;
  const connection = stack.use(await connect(target, { signal }));
  const argv = inside(node, [process.execPath, programOf(race)]);
  const peer = stack.use(await openPeer(await connection.start(argv, { signal }), connection));
  race.adopt(node, peer.pid);
  peer.onEvent((event) => {
    if (event.type === "progress" && event.verified > 0) race.firstPiece(node);
  });
  return peer;
}

async function joinSwarm(race: Race, peer: Peer, node: Node): Promise<PeerAddress> {
  const { network, payload, tracker, over: signal } = race;
  const seed = node.index === 0;
  const { port } = await peer.request(
    "join",
    {
      torrent: Buffer.from(payload.torrent.metainfo).toString("base64"),
      allow: [network.seeder, ...network.hosts].map(({ address }) => address),
      ports: undefined,
      folder: seed ? payload.folder : ours.place(race, node),
      seed,
      tracker: { url: tracker.url, address: node.address },
    },
    { signal },
  );
  // A peer that is killed or cut off never completes, which shows by itself.
  const complete = () => race.done(node);
  if (!seed) void peer.request("complete", {}, { signal }).then(complete, () => undefined);
  return { address: node.address, port, zone: zoneOf(node) };
}

function zoneOf({ zone }: Node): string {
  return String(zone);
}
