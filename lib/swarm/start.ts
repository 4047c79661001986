// One torrent to all hosts of a fleet: tracker and seeder here, a peer on every host, each told whom to dial.
import { setImmediate as nextTurn } from "node:timers/promises";
import { OpsError } from "../errors.ts";
import { plainAddress } from "../peer/address.ts";
import type { Peer, PeerEvent } from "../peer/client.ts";
import type { PeerAddress, PortRange } from "../peer/protocol.ts";
import type { Torrent } from "../torrent/types.ts";
import { startTracker } from "../tracker/start.ts";
import { addressOf, fleetAddresses, ownAddresses } from "./addresses.ts";
import { peerOf } from "./bootstrap.ts";
import { type Feed, openFeed } from "./feed.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { type Gifts, openGifts } from "./gifts.ts";
import { openIntroductions } from "./graph.ts";
import { openLifeline } from "./lifeline.ts";
import { watchProgress } from "./progress.ts";
import { startSeeder } from "./seeder.ts";

/** Where a host's payload goes and how others reach it. */
export interface SwarmPlace {
  readonly folder: string;
  readonly address: string | undefined;
  readonly ports: PortRange | undefined;
  /** Hosts of a zone feed each other; from zone to zone every byte goes once. */
  readonly zone: string;
  /** How many hosts of its zone are fed over SSH where the seeder reaches none of them. */
  readonly seeders: number;
  /** Bytes a second, beside the protocol's own. */
  readonly maxUpload: number | undefined;
  readonly maxDownload: number | undefined;
}

export interface SwarmOptions<H extends FleetHost> {
  /** Hosts that take part; their peers run. */
  readonly members: readonly Member<H>[];
  /** Folder on this machine that holds the torrent's files. */
  readonly seedFrom: string;
  readonly place: (member: Member<H>) => SwarmPlace;
  /** Listen range for tracker and seeder on this machine. */
  readonly ports: PortRange | undefined;
}

export interface Swarm extends AsyncDisposable {
  /** Waits until every host holds every piece, hashed again from its disk, or is out. */
  completed(): Promise<void>;
}

/** What `join` needs to know of the whole. */
interface Common {
  readonly torrent: string;
  readonly allow: readonly string[];
}

/**
 * Starts the swarm on these hosts.
 * @throws OpsError `port` when tracker or seeder can't listen
 */
export async function startSwarm<H extends FleetHost>(
  fleet: Fleet<H>,
  torrent: Torrent,
  { seedFrom, members, place, ports }: SwarmOptions<H>,
): Promise<Swarm> {
  if (ports !== undefined && ports.from === ports.to) {
    throw new OpsError("port", `rookery_ports is one port (${ports.from}), and this machine needs two`, {
      hint: "set a range of at least two, for tracker and seeder",
    });
  }
  await using stack = new AsyncDisposableStack();
  const addresses = await fleet.each((member) => addressOf(member, place(member).address), { members });
  const common: Common = {
    torrent: Buffer.from(torrent.metainfo).toString("base64"),
    allow: fleetAddresses(addresses).map(plainAddress),
  };
  const allowed = new Set([...common.allow, "127.0.0.1"]);
  const tracker = stack.use(
    await startTracker({
      infohashes: [torrent.infohash],
      maxPeers: addresses.size + 1,
      ports,
      allow: (address) => allowed.has(address),
    }),
  );
  const seeder = stack.use(await startSeeder());
  const feed = stack.use(await openFeed(fleet, torrent, { seedFrom, place }));
  const reports = stack.use(
    watchProgress(fleet, sending(seeder, feed), { pieces: torrent.pieceHashes.length / 20 }),
  );
  const seeded = await seeder.request("join", {
    ...common,
    folder: seedFrom,
    seed: true,
    ports,
    tracker: {
      url: tracker.url("127.0.0.1"),
      address: ownAddresses([...addresses.keys()])[0] ?? "127.0.0.1",
    },
  });
  const gifts = openGifts(seeded.peerId);
  fleet.note(`seeding on port ${seeded.port}, tracker on port ${tracker.port}`, { level: "detail" });
  const lifeline = stack.use(openLifeline(fleet, torrent, { feed, place, seederPort: seeded.port }));
  seeder.onEvent(lifeline.heard);
  let seederGone = false;
  void seeder.gone.then((reason) => {
    if (reason === undefined) return;
    seederGone = true;
    fleet.note(`the seeder is gone, what hosts lack goes over SSH: ${reason.message}`, { level: "warning" });
    lifeline.seederGone();
  });
  // What a seeder that died leaves undone goes over SSH: no host fails with it, and neither does the run.
  const unlessGone = (request: Promise<unknown>) =>
    request.catch(async (error) => {
      await nextTurn(); // its requests fail a moment before `gone` is told
      if (!seederGone) throw error;
    });
  const introductions = openIntroductions<{ readonly member: Member<H>; readonly self: PeerAddress }>(
    [...addresses.keys()].map((member) => place(member).zone),
  );
  // Host by host: the first ones are fed while the last ones still open their files.
  const join = async (member: Member<H>) => {
    const { folder, ports: range, zone, maxUpload, maxDownload } = place(member);
    const trackerUrl = tracker.url(member.connection?.localAddress || "127.0.0.1");
    const address = addresses.get(member) ?? "";
    const peer = peerOf(member);
    const params = {
      ...common,
      folder,
      seed: false,
      ports: range,
      maxUpload,
      maxDownload,
      tracker: { url: trackerUrl, address },
    };
    const { port, peerId } = await peer.request("join", params, { signal: fleet.signal });
    gifts.named(peerId, member.name);
    reports.watch(member);
    fleet.emit({ type: "status", host: member.name, status: "fetching" });
    const self = { address, port, zone };
    const { dials, seeded: near } = introductions.enter({ member, self }, zone);
    const neighbours = dials.map((each) => each.member);
    lifeline.entered(member, { self, peerId, neighbours, seeded: near });
    // The seeder dials out: this machine reaches the hosts, they may not reach it.
    const told = near ? unlessGone(seeder.request("peers", { peers: [self] })) : undefined;
    const dialled = told?.then(() => lifeline.dialled(member));
    const peers = dials.map((each) => each.self);
    await Promise.all([dialled, peer.request("peers", { peers }, { signal: fleet.signal })]);
  };
  const joined = await fleet.each(join, { members: [...addresses.keys()] });
  const kept = stack.move();
  return {
    completed: async () => {
      const each = { flush: () => reports.flush(), gifts };
      await Promise.race([completed(fleet, [...joined.keys()], each), feed.fault]);
      // Its last word says how much it gave; a seeder that died on the way has none, and the hosts are through.
      await unlessGone(seeder.request("leave", {}));
      reports.flush();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function completed(
  fleet: Fleet,
  members: readonly Member[],
  { flush, gifts }: { readonly flush: () => void; readonly gifts: Gifts },
): Promise<void> {
  const waiting = members.filter((member) => fleet.alive.includes(member));
  await fleet.each(
    async (member) => {
      const received = await peerOf(member).request("complete", {}, { signal: fleet.signal });
      flush();
      fleet.emit({ type: "sources", host: member.name, gifts: gifts.of(received) });
      fleet.emit({ type: "status", host: member.name, status: "complete" });
    },
    // Waiting costs nothing: every host is waited for at once, however few are worked on at a time.
    { members: waiting, limit: Math.max(1, waiting.length) },
  );
}

/** The seeder's progress with what goes over SSH beside it: what this machine sends in all. */
function sending(seeder: Peer, feed: Feed<FleetHost>): Pick<Peer, "onEvent"> {
  return {
    onEvent: (listener) => {
      let last = { type: "progress", verified: 0, downloadedBytes: 0, uploadedBytes: 0, peers: 0 } as Extract<
        PeerEvent,
        { type: "progress" }
      >;
      const tell = () => listener({ ...last, uploadedBytes: last.uploadedBytes + feed.sentBytes });
      seeder.onEvent((event) => {
        if (event.type !== "progress") return listener(event);
        last = event;
        tell();
      });
      feed.onSent(tell);
    },
  };
}
