// Which piece to ask which peer for: rarest first, and at the start each peer its own. No sockets, no clock: a view of
// the swarm goes in, a piece comes out.

export interface SwarmView {
  /** Pieces that are neither here nor begun, in any order. */
  readonly wanted: readonly number[];
  /** How many connected peers hold each piece. */
  readonly copies: Uint16Array;
  /** Which of equally rare pieces comes first: `pieceRanks`. */
  readonly ranks: Uint32Array;
}

export interface PeerView {
  /** 1 for each piece it holds. */
  readonly has: Uint8Array;
  /** Pieces it sent wrong. */
  readonly spoiled: ReadonlySet<number>;
}

/**
 * The piece to begin with `peer`; undefined when it holds nothing that is wanted. The fewest copies win: what only
 * the seeder has is fetched from it first, which is what lets everyone fetch the rest from each other.
 * @see https://arxiv.org/abs/cs/0609026 (rarest first is close to ideal, but for the first second, when all are as rare)
 */
export function nextPiece({ wanted, copies, ranks }: SwarmView, peer: PeerView): number | undefined {
  let best: number | undefined;
  let bestCopies = Number.POSITIVE_INFINITY;
  let bestRank = 0;
  for (const piece of wanted) {
    if (peer.has[piece] === 0) continue;
    const rarity = copies[piece] as number;
    if (rarity > bestCopies) continue;
    const rank = ranks[piece] as number;
    if (rarity === bestCopies && rank > bestRank) continue;
    if (peer.spoiled.has(piece)) continue;
    best = piece;
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
