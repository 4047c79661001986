// Who holds what and who is asked for what: the view of the swarm that the policy decides by, kept up to date.
import type { Lane } from "./lane.ts";
import { type PeerView, pieceRanks, type Stripe, type SwarmView } from "./policy.ts";

export interface Peer extends PeerView {
  readonly lane: Lane;
  readonly has: Uint8Array;
  readonly asked: Set<number>;
  readonly spoiled: Set<number>;
  readonly late: Set<number>;
  /** Pieces it holds. */
  held: number;
  /** Until then it is asked for nothing, unless it sends something. */
  restsUntilMs: number;
  /** What it had sent when its rest began. */
  downloaded: number;
}

export interface Book {
  readonly swarm: SwarmView;
  /** Pieces still to be verified. */
  readonly left: number;
  readonly peers: ReadonlyMap<Lane, Peer>;
  enter(lane: Lane): Peer;
  /** Returns whether it was there. */
  strike(lane: Lane): boolean;
  /** Returns whether the peer holds everything now, and didn't before. */
  learn(peer: Peer, piece: number): boolean;
  ask(peer: Peer, piece: number): void;
  release(peer: Peer, piece: number): void;
  /** Nobody is asked for more of it. */
  releaseAll(piece: number): void;
  /** A block is asked for. Returns whether it was the piece's last. */
  taken(piece: number): boolean;
  returned(piece: number): void;
  /** Returns whether it was missing. */
  done(piece: number): boolean;
  /** It is missing again, whole. */
  reopen(piece: number): void;
}

export interface BookOptions {
  readonly pieces: number;
  readonly pieceLength: number;
  readonly totalBytes: number;
  /** 1 for each piece that is here already. */
  readonly verified: Uint8Array;
  readonly stripe?: Stripe | undefined;
}

const BLOCK_BYTES = 16 * 1024;

export function openBook({ pieces, pieceLength, totalBytes, verified, stripe }: BookOptions): Book {
  const blocksOf = (piece: number) =>
    Math.ceil(Math.min(pieceLength, totalBytes - piece * pieceLength) / BLOCK_BYTES);
  const peers = new Map<Lane, Peer>();
  const missing = verified.map((right) => 1 - right);
  const copies = new Uint16Array(pieces);
  const asked = new Uint16Array(pieces);
  const open = Uint16Array.from({ length: pieces }, (_, piece) => blocksOf(piece));
  const solo = new Set<number>();
  let left = missing.reduce((sum, flag) => sum + flag, 0);

  function release(peer: Peer, piece: number): void {
    if (!peer.asked.delete(piece)) return;
    peer.lane.peerPieces[piece] = false;
    (asked[piece] as number)--;
  }

  function releaseAll(piece: number): void {
    if (asked[piece] === 0) return;
    for (const peer of peers.values()) release(peer, piece);
  }

  return {
    swarm: { missing, copies, asked, open, ranks: pieceRanks(pieces, { stripe }), solo },
    get left() {
      return left;
    },
    peers,
    enter: (lane) => {
      const peer: Peer = {
        lane,
        has: new Uint8Array(pieces),
        asked: new Set(),
        spoiled: new Set(),
        late: new Set(),
        held: 0,
        restsUntilMs: 0,
        downloaded: 0,
      };
      peers.set(lane, peer);
      return peer;
    },
    strike: (lane) => {
      const peer = peers.get(lane);
      if (peer === undefined) return false;
      peers.delete(lane);
      for (const piece of peer.asked) release(peer, piece);
      for (let piece = 0; piece < pieces; piece++) (copies[piece] as number) -= peer.has[piece] as number;
      return true;
    },
    learn: (peer, piece) => {
      if (piece >= pieces || peer.has[piece] === 1) return false;
      peer.has[piece] = 1;
      (copies[piece] as number)++;
      return ++peer.held === pieces;
    },
    ask: (peer, piece) => {
      if (peer.asked.has(piece)) return;
      peer.asked.add(piece);
      peer.lane.peerPieces[piece] = true;
      (asked[piece] as number)++;
    },
    release,
    releaseAll,
    taken: (piece) => {
      open[piece] = Math.max((open[piece] as number) - 1, 0);
      if (open[piece] > 0) return false;
      // A peer whose places are held by pieces with nothing left to ask for would idle.
      releaseAll(piece);
      return true;
    },
    returned: (piece) => {
      open[piece] = Math.min((open[piece] as number) + 1, blocksOf(piece));
    },
    done: (piece) => {
      if (missing[piece] === 0) return false;
      missing[piece] = 0;
      left--;
      releaseAll(piece);
      return true;
    },
    reopen: (piece) => {
      solo.add(piece);
      open[piece] = blocksOf(piece);
      releaseAll(piece);
    },
  };
}
