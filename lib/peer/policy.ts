// Which piece to ask which peer for: rarest first. No sockets, no clock: a view of the swarm goes in, a piece comes out.

export interface SwarmView {
  /** Pieces that are neither here nor begun, in any order. */
  readonly wanted: readonly number[];
  /** How many connected peers hold each piece. */
  readonly copies: Uint16Array;
  /** Which of equally rare pieces comes first: the lowest. */
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
  const { has, spoiled } = peer;
  let best: number | undefined;
  let bestCopies = Number.POSITIVE_INFINITY;
  let bestRank = 0;
  for (const piece of wanted) {
    if (has[piece] === 0) continue;
    const rarity = copies[piece] as number;
    if (rarity > bestCopies) continue;
    const rank = ranks[piece] as number;
    if (rarity === bestCopies && rank > bestRank) continue;
    if (spoiled.has(piece)) continue;
    best = piece;
    bestCopies = rarity;
    bestRank = rank;
  }
  return best;
}

/** A random order of pieces, one a peer: of equally rare ones, everybody begins with another. */
export function randomRanks(pieces: number, random: () => number = Math.random): Uint32Array {
  const ranks = Uint32Array.from({ length: pieces }, (_, piece) => piece);
  for (let last = pieces - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [ranks[last], ranks[other]] = [ranks[other] as number, ranks[last] as number];
  }
  return ranks;
}
