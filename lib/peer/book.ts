// Who holds what, and what is wanted: the view of the swarm that the policy decides by, kept up to date.
import { type PeerView, randomRanks, type SwarmView } from "./policy.ts";

/** What the book knows of a peer. */
export interface Holder extends PeerView {
  readonly has: Uint8Array;
  readonly spoiled: Set<number>;
  /** Pieces it holds. */
  held: number;
  /** Pieces it holds that are wanted: 0 means there is nothing to look for. */
  useful: number;
}

export interface Book {
  readonly swarm: SwarmView;
  /** Pieces still to be verified. */
  readonly left: number;
  readonly holders: ReadonlySet<Holder>;
  enter(): Holder;
  strike(holder: Holder): void;
  /** Returns whether that is news. */
  learn(holder: Holder, piece: number): boolean;
  /** A piece is begun: it is not wanted any more. */
  begin(piece: number): void;
  /** It is wanted again: what came of it was wrong. */
  restart(piece: number): void;
  /** It is here. */
  done(piece: number): void;
  isMissing(piece: number): boolean;
}

export interface BookOptions {
  readonly pieces: number;
  /** 1 for each piece that is here already. */
  readonly verified: Uint8Array;
  /** Numbers in [0, 1) for this peer's own order of pieces. */
  readonly random?: (() => number) | undefined;
}

export function openBook({ pieces, verified, random = Math.random }: BookOptions): Book {
  const holders = new Set<Holder>();
  const missing = verified.map((right) => 1 - right);
  const copies = new Uint16Array(pieces);
  const wanted: number[] = [];
  /** Where in `wanted` a piece is; -1 for those that aren't there. */
  const place = new Int32Array(pieces).fill(-1);
  let left = 0;
  for (const [piece, flag] of missing.entries()) {
    if (flag === 0) continue;
    left++;
    want(piece);
  }

  function want(piece: number): void {
    place[piece] = wanted.push(piece) - 1;
    for (const holder of holders) holder.useful += holder.has[piece] as number;
  }

  function unwant(piece: number): void {
    const at = place[piece] as number;
    if (at < 0) return;
    const last = wanted.pop() as number;
    if (last !== piece) {
      wanted[at] = last;
      place[last] = at;
    }
    place[piece] = -1;
    for (const holder of holders) holder.useful -= holder.has[piece] as number;
  }

  return {
    swarm: { wanted, copies, ranks: randomRanks(pieces, random) },
    get left() {
      return left;
    },
    holders,
    enter: () => {
      const holder: Holder = { has: new Uint8Array(pieces), spoiled: new Set(), held: 0, useful: 0 };
      holders.add(holder);
      return holder;
    },
    strike: (holder) => {
      if (!holders.delete(holder)) return;
      for (let piece = 0; piece < pieces; piece++) (copies[piece] as number) -= holder.has[piece] as number;
    },
    learn: (holder, piece) => {
      if (piece >= pieces || holder.has[piece] === 1) return false;
      holder.has[piece] = 1;
      holder.held++;
      (copies[piece] as number)++;
      if (place[piece] !== -1) holder.useful++;
      return true;
    },
    begin: unwant,
    restart: want,
    done: (piece) => {
      if (missing[piece] === 0) return;
      missing[piece] = 0;
      left--;
      unwant(piece);
    },
    isMissing: (piece) => missing[piece] === 1,
  };
}
