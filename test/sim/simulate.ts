// A swarm on paper: hosts, links and a clock that are simulated, and the policy of lib/peer and lib/swarm that decides.
import { openSuperSeeding } from "../../lib/peer/super-seeding.ts";
import { swarmPlan } from "../../lib/swarm/graph.ts";
import { openAgenda } from "./agenda.ts";
import { openHost } from "./host.ts";
import type { Asked, Cut, Host, Wire } from "./host-types.ts";
import { openNetwork } from "./network.ts";
import { seededRandom } from "./random.ts";

export interface Simulation {
  readonly hosts: number;
  readonly totalBytes: number;
  readonly pieceLength: number;
  /** Bits a second of every link, each way. */
  readonly rate: number;
  readonly seed?: number;
  /** Asked for and sent at once, in blocks of 16 KiB: more save time and blur what is shorter than they take. */
  readonly blocksAChunk?: number;
  /** From any node to any other, one way. */
  readonly latencyMs?: number;
  /** How long the queue before a link gets. */
  readonly queueMs?: number;
  /** From a message's arrival to its answer: a turn of the event loop. */
  readonly turnMs?: number;
  /** What the link carries for a byte of payload. */
  readonly overhead?: number;
  /** Who dials whom. */
  readonly plan?: typeof swarmPlan;
}

export interface Simulated {
  /** The time that none can be faster than: F/u. */
  readonly limitMs: number;
  /** From the moment hosts are told whom to dial, ascending; infinite for a host that never had it all. */
  readonly doneMs: readonly number[];
  readonly firstPieceMs: readonly number[];
  /** Payload that left the seeder, in copies. */
  readonly seederCopies: number;
  /** Payload that came though it was there already, in copies of all hosts. */
  readonly repeated: number;
  /** Messages that a host sends, on average. */
  readonly haves: number;
  readonly requests: number;
  readonly links: number;
  readonly events: number;
}

const BLOCK_BYTES = 16 * 1024;
/** As in lib/peer/fetch.ts and lib/peer/give.ts. */
const LOOK_MS = 200;
const LOOK_AGAIN_MS = 20;
const SEEDER_LOOK_MS = 250;
const STILL_MS = 1000;
/** A HAVE waits so long, or for something to travel with: lib/peer/wire.ts. */
const NEWS_MS = 5;
/** Links of a host in a large swarm. */
const LINKS = 10;
/** Dialled, accepted and greeted both ways. */
const GREETING_TRIPS = 4;
/** Longer than this many F/u, and it is given up. */
const PATIENCE = 30;

export function simulate({
  hosts: count,
  totalBytes,
  pieceLength,
  rate,
  seed = 1,
  blocksAChunk = 1,
  latencyMs = 0.1,
  queueMs = 50,
  turnMs = 0,
  overhead = 1.065,
  plan = swarmPlan,
}: Simulation): Simulated {
  const random = seededRandom(seed);
  const agenda = openAgenda();
  const nowMs = () => agenda.nowMs;
  const cut: Cut = {
    pieces: Math.ceil(totalBytes / pieceLength),
    pieceBytes: pieceLength,
    chunkBytes: Math.min(pieceLength, blocksAChunk * BLOCK_BYTES),
    blocksAChunk: Math.min(blocksAChunk, Math.ceil(pieceLength / BLOCK_BYTES)),
  };
  const limitMs = (totalBytes * 8000) / rate;
  const tripMs = latencyMs + turnMs;
  const newsMs = Math.min(NEWS_MS, messageGapMs(rate));
  const network = openNetwork<Asked>(agenda, { latencyMs, queueMs, overhead }, (chunk) => {
    chunk.wire.host.receive(chunk);
    if (chunk.wire.host.doneMs === agenda.nowMs) left--;
  });
  let left = count;
  let movedAtMs = 0;

  const seederPort = network.port(rate);
  const seeding = openSuperSeeding<Wire>({
    pieces: cut.pieces,
    blocksOf: () => Math.ceil(cut.pieceBytes / cut.chunkBytes),
    show: (wire, piece) => agenda.at(nowMs() + newsMs + tripMs, shown, { wire, piece }),
    random: seededRandom(seed + 1),
    now: nowMs,
  });
  const shown = ({ wire, piece }: { wire: Wire; piece: number }) => wire.host.learn(wire, piece);
  const askedSeeder = ({ wire, piece }: Asked) => {
    movedAtMs = nowMs();
    seeding.asked(wire, piece);
  };
  const told = ({ piece, to }: { piece: number; to: readonly Wire[] }) => {
    for (const wire of to) {
      if (wire.twin !== undefined) wire.twin.host.learn(wire.twin, piece);
      else {
        movedAtMs = nowMs();
        seeding.has(wire, piece);
      }
    }
  };
  const lookSeeder = () => {
    if (seeding.given) {
      if (nowMs() - movedAtMs > STILL_MS) seeding.open();
      else seeding.look();
    }
    agenda.at(nowMs() + SEEDER_LOOK_MS, lookSeeder, undefined);
  };
  const look = (host: Host) => {
    const found = host.look();
    if (host.doneMs === undefined) agenda.at(nowMs() + (found ? LOOK_AGAIN_MS : LOOK_MS), look, host);
  };

  const hosts = Array.from({ length: count }, (_, index) =>
    openHost(network.port(rate), {
      cut,
      random: seededRandom(seed * 1_000_003 + index),
      nowMs,
      requestMs: tripMs,
      ask: (asked) => {
        network.ask(asked);
        if (asked.wire.twin === undefined) agenda.at(asked.readyMs, askedSeeder, asked);
      },
      onPiece: (piece, to) => agenda.at(nowMs() + newsMs + tripMs, told, { piece, to }),
    }),
  );
  const dials = plan(
    Array.from({ length: count }, () => ""),
    { random },
  );
  for (const [index, peers] of dials.hosts.entries())
    for (const peer of peers) link(hosts[index] as Host, hosts[peer] as Host);
  function link(one: Host, other: Host): void {
    const [there, back] = [
      one.connect(network.lane(other.port, one.port)),
      other.connect(network.lane(one.port, other.port)),
    ];
    there.twin = back;
    back.twin = there;
  }
  const begin = () => {
    for (const index of dials.seeder) {
      const host = hosts[index] as Host;
      seeding.enter(host.connect(network.lane(seederPort, host.port)));
    }
    lookSeeder();
  };
  agenda.at(GREETING_TRIPS * tripMs, begin, undefined);
  for (const host of hosts) agenda.at(random() * LOOK_MS, look, host);
  agenda.run(() => left === 0 || agenda.nowMs > PATIENCE * limitMs);

  const mean = (pick: (host: Host) => number) => hosts.reduce((sum, host) => sum + pick(host), 0) / count;
  const ascending = (pick: (host: Host) => number | undefined) =>
    hosts.map((host) => pick(host) ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return {
    limitMs,
    doneMs: ascending(({ doneMs }) => doneMs),
    firstPieceMs: ascending(({ firstMs }) => firstMs),
    seederCopies: seederPort.sentBytes / totalBytes,
    repeated: (mean(({ repeated }) => repeated) * cut.chunkBytes) / totalBytes,
    haves: mean(({ said }) => said.haves),
    requests: mean(({ said }) => said.requests),
    links: mean(({ wires }) => wires.length),
    events: agenda.events,
  };
}

/** How often there is a block or a request to travel with on a link, where links are busy. */
function messageGapMs(rate: number): number {
  return (BLOCK_BYTES * 8 * LINKS) / 2 / (rate / 1000);
}
