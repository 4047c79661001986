// Our own peer as hosts run it: the bundled file, driven over stdin in the steps of lib/swarm/start.ts.
import { join } from "node:path";
import { bundlePeer } from "../../../../lib/peer/bundle.ts";
import { openPeer, type Peer } from "../../../../lib/peer/client.ts";
import type { PeerAddress } from "../../../../lib/peer/protocol.ts";
import { connect } from "../../../../lib/ssh/connect.ts";
import { dialPlan } from "../../../../lib/swarm/graph.ts";
import { inside, type Node } from "../network.ts";
import type { Contender } from "./contender.ts";

/** Pieces are told of in progress reports, twice a second: the first one is at most this much earlier than it shows. */
export const ours: Contender = {
  name: "ours",
  title: "Rookery",
  settings:
    "the bundled peer of lib/peer under Bun; peer lists and stripes pushed over stdin as lib/swarm/start.ts does; done = every piece hashed again from disk",
  needs: {},
  start: async (race, hosts) => {
    await using stack = new AsyncDisposableStack();
    const { network, payload, trackerUrl } = race;
    const { code, name } = await bundlePeer();
    const program = join(race.folder(network.seeder), name);
    await Bun.write(program, code);
    const common = {
      torrent: Buffer.from(payload.torrent.metainfo).toString("base64"),
      allow: [network.seeder, ...network.hosts].map(({ address }) => address),
      ports: undefined,
    };
    const joinSwarm = async (peer: Peer, node: Node) => {
      const stripe = { index: node.index - 1, of: network.hosts.length };
      const { port } = await peer.request("join", {
        ...common,
        folder: node.index === 0 ? payload.folder : ours.place(race, node),
        seed: node.index === 0,
        stripe: node.index === 0 ? undefined : stripe,
        tracker: { url: trackerUrl, address: node.address },
      });
      if (node.index > 0)
        void peer.request("complete", {}).then(
          () => race.done(node),
          () => undefined,
        );
      return { address: node.address, port };
    };
    const open = async (node: Node) => {
      const target = {
        name: node.name,
        via: "local",
        address: node.address,
        port: 0,
        hostKeyChecking: "yes",
      } as const;
      const connection = stack.use(await connect(target));
      const peer = stack.use(
        await openPeer(await connection.start(inside(node, [process.execPath, program])), connection),
      );
      race.adopt(node, peer.pid);
      peer.onEvent((event) => {
        if (event.type === "progress" && event.verified > 0) race.firstPiece(node);
      });
      return peer;
    };
    const nodes = [network.seeder, ...hosts];
    const peers = await Promise.all(nodes.map(open));
    const [seeder] = peers;
    if (seeder === undefined) throw new Error("no seeder");
    const seederAddress = await joinSwarm(seeder, network.seeder);
    const rest = await Promise.all(
      peers.slice(1).map((peer, index) => joinSwarm(peer, nodes[index + 1] ?? network.seeder)),
    );
    const addresses = [seederAddress, ...rest];
    await introduce(peers, addresses);
    const kept = stack.move();
    return {
      join: async (node) => {
        const peer = await open(node);
        await joinSwarm(peer, node);
        await peer.request("peers", { peers: addresses });
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  },
  place: (race, node) => join(race.folder(node), "payload"),
};

/** Who dials whom, as in lib/swarm/start.ts: the seeder dials out to those that would dial it, and is told first. */
async function introduce(peers: readonly Peer[], addresses: readonly PeerAddress[]): Promise<void> {
  const plan = dialPlan(peers.length);
  const fromSeeder = new Set(plan[0]);
  for (const [from, dials] of plan.entries()) if (from > 0 && dials.includes(0)) fromSeeder.add(from);
  const tell = (index: number, dials: Iterable<number>) =>
    peers[index]?.request("peers", {
      peers: [...dials].filter((to) => to > 0).flatMap((to) => addresses[to] ?? []),
    });
  await tell(0, fromSeeder);
  await Promise.all(plan.map((dials, index) => (index === 0 ? undefined : tell(index, dials))));
}
