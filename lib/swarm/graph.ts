// Who dials whom: known before anything starts, so nobody waits for an announce.

/** Below this many peers everybody knows everybody. */
const COMPLETE_UP_TO = 12;
/** Rings laid over the peers; each gives a peer two neighbours. Kraken holds 10 connections a torrent. */
const RINGS = 5;

/**
 * A connected random graph over `count` peers: for each peer, the ones it dials (the others dial it). A union of
 * random rings, so every peer has about `2 * rings` neighbours and the diameter grows with log(count).
 * @param random numbers in [0, 1); pass your own for a repeatable graph
 */
export function dialPlan(count: number, { rings = RINGS, random = Math.random } = {}): number[][] {
  const dials: number[][] = Array.from({ length: count }, () => []);
  if (count <= COMPLETE_UP_TO) {
    for (let from = 0; from < count; from++) for (let to = from + 1; to < count; to++) dials[from]?.push(to);
    return dials;
  }
  const linked = new Set<number>();
  for (let ring = 0; ring < rings; ring++) {
    const order = shuffled(count, random);
    for (const [place, from] of order.entries()) {
      const to = order[(place + 1) % count] ?? 0;
      const link = Math.min(from, to) * count + Math.max(from, to);
      if (linked.has(link)) continue;
      linked.add(link);
      dials[from]?.push(to);
    }
  }
  return dials;
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const moved = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
