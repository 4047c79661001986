// Which piece to ask which peer for: rarest first, and each piece of one peer as long as there is a choice.
// No sockets, no clock: a view of the swarm goes in, a piece comes out.

export interface SwarmView {
  /** 1 for each piece still to be fetched. */
  readonly missing: Uint8Array;
  /** How many connected peers hold each piece. */
  readonly copies: Uint16Array;
  /** How many peers each piece is being asked of. */
  readonly asked: Uint16Array;
  /** Blocks of each piece that nobody was asked for. */
  readonly open: Uint16Array;
  /** Which of equally rare pieces comes first: `pieceRanks`. */
  readonly ranks: Uint32Array;
  /** Pieces that failed their hash: asked of one peer at a time, so that the next failure has one suspect. */
  readonly solo: ReadonlySet<number>;
}

export interface PeerView {
  /** 1 for each piece it holds. */
  readonly has: Uint8Array;
  /** Pieces it is being asked for. */
  readonly asked: ReadonlySet<number>;
  /** Pieces it sent wrong. */
  readonly spoiled: ReadonlySet<number>;
  /** Pieces it was too slow with: others are asked. */
  readonly late: ReadonlySet<number>;
}

/** Peers one piece is asked of at most, near the end when there is nothing else left to ask for. */
const MAX_ASKED = 3;
const BLOCK_BYTES = 16 * 1024;

/**
 * Pieces to ask one peer for at a time, so that `depth` requests can be in flight while the next piece is chosen:
 * two at least, so that the second begins while the first ends.
 */
export function piecesPerPeer(pieceLength: number, depth: number): number {
  return Math.max(2, 1 + Math.ceil((depth * BLOCK_BYTES) / pieceLength));
}

/**
 * The piece to ask `peer` for next; undefined when it holds nothing that is wanted. The fewest copies win: what only
 * the seeder has is fetched from it first, which is what lets everyone fetch the rest from each other.
 * @see https://arxiv.org/abs/cs/0609026 (rarest first is close to ideal, but for the first second, when all are as rare)
 */
export function nextPiece(swarm: SwarmView, peer: PeerView): number | undefined {
  const { missing, copies, asked, open, ranks, solo } = swarm;
  let best: number | undefined;
  let bestAsked = 0;
  let bestCopies = 0;
  let bestRank = 0;
  for (let piece = 0; piece < missing.length; piece++) {
    if (missing[piece] === 0 || peer.has[piece] === 0 || open[piece] === 0) continue;
    const others = asked[piece] as number;
    const rarity = copies[piece] as number;
    const rank = ranks[piece] as number;
    if (best !== undefined) {
      if (others > bestAsked) continue;
      if (others === bestAsked && (rarity > bestCopies || (rarity === bestCopies && rank > bestRank)))
        continue;
    }
    if (others >= MAX_ASKED || (others > 0 && solo.has(piece))) continue;
    if (peer.asked.has(piece) || peer.spoiled.has(piece) || peer.late.has(piece)) continue;
    best = piece;
    bestAsked = others;
    bestCopies = rarity;
    bestRank = rank;
  }
  return best;
}

/**
 * An order of pieces of this peer's own. In the first second all pieces are equally rare, so the order alone decides
 * whether peers fetch different ones: random, or, where the caller knows all peers, each its own stripe first.
 */
export function pieceRanks(
  pieces: number,
  {
    random = Math.random,
    stripe,
  }: { readonly random?: () => number; readonly stripe?: Stripe | undefined } = {},
): Uint32Array {
  const order = Array.from({ length: pieces }, (_, piece) => piece);
  for (let last = pieces - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  if (stripe !== undefined) order.sort((a, b) => Number(outside(a, stripe)) - Number(outside(b, stripe)));
  const ranks = new Uint32Array(pieces);
  for (const [rank, piece] of order.entries()) ranks[piece] = rank;
  return ranks;
}

/** Every `of`th piece, from `index` on. */
export interface Stripe {
  readonly index: number;
  readonly of: number;
}

function outside(piece: number, { index, of }: Stripe): boolean {
  return piece % of !== index % of;
}

/** Copies of the rarest piece among connected peers and ourselves. */
export function availability({ missing, copies }: Pick<SwarmView, "missing" | "copies">): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (let piece = 0; piece < missing.length; piece++) {
    fewest = Math.min(fewest, (copies[piece] as number) + 1 - (missing[piece] as number));
  }
  return fewest;
}
