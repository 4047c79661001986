// Applies the policy to torrent-stream's wires. torrent-stream walks one list of selected pieces in the same order
// for every wire and asks for whatever `lane.peerPieces` says the peer has. Pieces are selected only once they are
// to be fetched, and peerPieces shows only what is to be asked of that peer: so each wire walks a list of its own,
// and the list stays short (its walk is repeated for every block of every wire).
import type { Lane } from "./lane.ts";
import {
  availability,
  nextPiece,
  type PeerView,
  pieceRanks,
  piecesPerPeer,
  type Stripe,
  type SwarmView,
} from "./policy.ts";

export interface Steering {
  /** Pieces still to be verified. */
  readonly left: number;
  /** Must be called before torrent-stream sees the wire. */
  add(lane: Lane): void;
  /** A piece was verified. */
  done(piece: number): void;
  /** A piece failed its hash: from now on it is asked of one peer at a time, and of nobody until `plan`. */
  spoiled(piece: number): void;
  /** All of a piece that failed came from this wire. Returns how many of its pieces did. */
  accuse(lane: Lane, piece: number): number;
  /** Gives out pieces, soon. */
  plan(): void;
  availability(): number;
  close(): void;
}

export interface SteeringOptions {
  readonly pieces: number;
  readonly pieceLength: number;
  /** 1 for each piece that is here already. */
  readonly verified: Uint8Array;
  readonly stripe?: Stripe | undefined;
  /** Makes torrent-stream fetch a piece. */
  readonly select: (piece: number) => void;
  /** Makes torrent-stream look at its wires again, where nothing new was selected. */
  readonly refresh: () => void;
  /** Whether no more pieces should be begun for now: the disk is behind. */
  readonly paused: () => boolean;
  /** A wire's peer holds everything; told again while that is so and nothing is left to fetch. */
  readonly onSeeder: (lane: Lane) => void;
  /** A wire broke the protocol. */
  readonly onViolation: (lane: Lane) => void;
}

/** A wire that sends nothing for this many seconds while asked for blocks gives them back; longer each time. */
const STALLED_S = 4;

interface Peer extends PeerView {
  readonly lane: Lane;
  readonly has: Uint8Array;
  readonly asked: Set<number>;
  readonly spoiled: Set<number>;
  held: number;
  /** What it had sent by the last look, and for how many looks it was the same. */
  downloaded: number;
  idleLooks: number;
  /** Looks it is given. */
  patience: number;
}

export function startSteering(options: SteeringOptions): Steering {
  const { pieces, pieceLength, verified, stripe, select, refresh, paused, onSeeder, onViolation } = options;
  const peers = new Map<Lane, Peer>();
  const solo = new Set<number>();
  const selected = new Set<number>();
  const swarm: SwarmView & {
    readonly missing: Uint8Array;
    readonly copies: Uint16Array;
    readonly asked: Uint16Array;
  } = {
    missing: verified.map((right) => 1 - right),
    copies: new Uint16Array(pieces),
    asked: new Uint16Array(pieces),
    ranks: pieceRanks(pieces, { stripe }),
    solo,
  };
  let left = swarm.missing.reduce((sum, flag) => sum + flag, 0);
  let planned: ReturnType<typeof setImmediate> | undefined;
  const looker = setInterval(look, 1000);

  function fill(peer: Peer): void {
    if (peer.lane.peerChoking) {
      // Nothing is asked of it, so that nobody waits for it; but it must know that we would like to.
      if (nextPiece(swarm, peer) !== undefined) peer.lane.interested();
      return;
    }
    const most = piecesPerPeer(pieceLength, peer.lane.depth);
    while (peer.asked.size < most && !paused()) {
      const piece = nextPiece(swarm, peer);
      if (piece === undefined) return;
      peer.asked.add(piece);
      peer.lane.peerPieces[piece] = true;
      (swarm.asked[piece] as number)++;
      // Selecting makes torrent-stream look at its wires at once, so it comes after peerPieces.
      if (!selected.has(piece)) {
        selected.add(piece);
        select(piece);
      } else if (peer.lane.requests.length === 0) refresh();
    }
  }

  function release(peer: Peer, piece: number): void {
    if (!peer.asked.delete(piece)) return;
    peer.lane.peerPieces[piece] = false;
    (swarm.asked[piece] as number)--;
  }

  function plan(): void {
    planned = undefined;
    if (left > 0) for (const peer of peers.values()) fill(peer);
  }

  /** News of what peers hold come in bursts: one round for all of them. */
  function planSoon(): void {
    if (left > 0) planned ??= setImmediate(plan);
  }

  /** Takes blocks back from a wire that delivers nothing, where somebody idle could deliver them. */
  function look(): void {
    const idle = [...peers.values()].filter(({ lane }) => !lane.peerChoking && lane.requests.length === 0);
    for (const peer of peers.values()) {
      const { lane } = peer;
      if (left === 0 && peer.held === pieces) onSeeder(lane);
      peer.idleLooks =
        lane.requests.length > 0 && lane.downloaded === peer.downloaded ? peer.idleLooks + 1 : 0;
      peer.downloaded = lane.downloaded;
      if (peer.idleLooks < peer.patience) continue;
      const late = lane.wire.requests.filter((request) => idle.some(({ has }) => has[request.piece] === 1));
      if (late.length === 0) continue;
      peer.idleLooks = 0;
      peer.patience *= 2; // it may only be slow, and what it sends after all would be thrown away
      for (const piece of peer.asked) release(peer, piece);
      for (const { piece, offset, length } of late) lane.wire.cancel(piece, offset, length);
    }
    planSoon();
  }

  function learn(peer: Peer, piece: number): void {
    if (piece >= pieces || peer.has[piece] === 1) return;
    peer.has[piece] = 1;
    (swarm.copies[piece] as number)++;
    if (++peer.held === pieces) onSeeder(peer.lane);
  }

  return {
    get left() {
      return left;
    },
    add: (lane) => {
      const peer: Peer = {
        lane,
        has: new Uint8Array(pieces),
        asked: new Set(),
        spoiled: new Set(),
        held: 0,
        downloaded: 0,
        idleLooks: 0,
        patience: STALLED_S,
      };
      peers.set(lane, peer);
      lane.on("have", (piece: number) => {
        learn(peer, piece);
        planSoon();
      });
      lane.on("bitfield", (bits: Buffer) => {
        if (bits.length !== Math.ceil(pieces / 8)) return onViolation(lane);
        for (let piece = 0; piece < pieces; piece++) {
          if (((bits[piece >> 3] as number) & (128 >> (piece & 7))) !== 0) learn(peer, piece);
        }
        planSoon();
      });
      lane.on("unchoke", () => fill(peer));
      lane.on("choke", () => {
        for (const piece of peer.asked) release(peer, piece);
        planSoon();
      });
      lane.once("close", () => {
        if (!peers.delete(lane)) return;
        for (const piece of peer.asked) release(peer, piece);
        for (let piece = 0; piece < pieces; piece++)
          (swarm.copies[piece] as number) -= peer.has[piece] as number;
        planSoon();
      });
    },
    done: (piece) => {
      if (swarm.missing[piece] === 0) return;
      swarm.missing[piece] = 0;
      left--;
      const holders = [...peers.values()].filter(({ asked }) => asked.has(piece));
      for (const peer of holders) release(peer, piece);
      for (const peer of holders) fill(peer);
    },
    spoiled: (piece) => {
      solo.add(piece);
      for (const peer of peers.values()) release(peer, piece);
    },
    accuse: (lane, piece) => peers.get(lane)?.spoiled.add(piece).size ?? 0,
    plan: planSoon,
    availability: () => availability(swarm),
    close: () => {
      clearInterval(looker);
      if (planned !== undefined) clearImmediate(planned);
    },
  };
}
