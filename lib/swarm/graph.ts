// Who dials whom: known before anything starts, so nobody waits for an announce. Peers are numbered as they come, and
// each dials only those before it, so that whoever is up need not wait for whoever isn't.

/** Up to this many peers everybody knows everybody. */
const COMPLETE_UP_TO = 9;
/**
 * Hosts the seeder feeds itself: in all, and in each zone at least. Each gets pieces sooner than if there were more: of
 * 12 hosts at 50 Mbit/s, the last was through at 1.22 to 1.29 of the bound with six and at 1.24 to 1.38 with twelve, and
 * the seeder gave 1.03 copies instead of 1.10.
 */
const SEEDED = 6;
const SEEDED_IN_ALL = 30;
const SEEDED_A_ZONE = 2;
/**
 * Rings laid over the peers; each gives a peer two neighbours. Of 12 hosts at 50 Mbit/s, with eleven neighbours all were
 * busier by a sixth, and with six one or two stayed behind. Kraken holds 10 connections a torrent.
 */
const RINGS = 4;
/** Few peers have few rings without a common link: then one is left out, and these peers have a link less. */
const RING_ATTEMPTS = 2000;

/**
 * A connected random graph over `count` peers: for each peer, the earlier ones it dials (later ones dial it). A union
 * of random rings, so every peer has about `2 * rings` neighbours and the diameter grows with log(count).
 * @param random numbers in [0, 1); pass your own for a repeatable graph
 */
export function dialPlan(count: number, { rings = RINGS, random = Math.random } = {}): number[][] {
  const dials: number[][] = Array.from({ length: count }, () => []);
  if (count <= COMPLETE_UP_TO) {
    for (let from = 0; from < count; from++) for (let to = 0; to < from; to++) dials[from]?.push(to);
    return dials;
  }
  const linked = new Set<number>();
  const linkOf = (one: number, other: number) => Math.min(one, other) * count + Math.max(one, other);
  for (let ring = 0; ring < rings; ring++) {
    const order = newRing(count, (one, other) => linked.has(linkOf(one, other)), random);
    for (const [place, one] of order.entries()) {
      const other = order[(place + 1) % count] ?? 0;
      const link = linkOf(one, other);
      if (linked.has(link)) continue;
      linked.add(link);
      dials[Math.max(one, other)]?.push(Math.min(one, other));
    }
  }
  return dials;
}

/**
 * All peers in a ring whose links are new: where one would repeat, the peer there changes places with another. A peer
 * with fewer links than others gets less of what their uplinks share out, and everybody waits for it: of 300 simulated
 * hosts one with 8 links instead of 10 took 5 % longer than the rest.
 */
function newRing(
  count: number,
  isLinked: (one: number, other: number) => boolean,
  random: () => number,
): number[] {
  const order = shuffled(count, random);
  const repeats = (peer: number, place: number) => isLinked(peer, order[(place + 1) % count] ?? 0);
  for (let attempt = 0; attempt < RING_ATTEMPTS; attempt++) {
    const place = order.findIndex(repeats);
    if (place < 0) break;
    const next = (place + 1) % count;
    const other = Math.floor(random() * count);
    [order[next], order[other]] = [order[other] ?? 0, order[next] ?? 0];
  }
  return order;
}

export interface SwarmPlan {
  /** Hosts the seeder dials: in each zone, the first ones. */
  readonly seeder: readonly number[];
  /** For each host, the earlier hosts it dials. */
  readonly hosts: readonly (readonly number[])[];
}

/**
 * Who dials whom, where `zones[i]` is the zone of host i: a graph of its own within each zone, and the seeder with a few
 * hosts in every one. What crosses between zones so comes from the seeder alone, which gives each zone every piece once.
 */
export function swarmPlan(zones: readonly string[], { random = Math.random } = {}): SwarmPlan {
  const seeder: number[] = [];
  const hosts: number[][] = zones.map(() => []);
  const members = Map.groupBy(zones.keys(), (index) => zones[index] ?? "");
  const seeded = Math.max(SEEDED_A_ZONE, Math.min(SEEDED, Math.floor(SEEDED_IN_ALL / members.size)));
  for (const indices of members.values()) {
    const plan = dialPlan(indices.length, { random });
    for (const [from, dials] of plan.entries())
      hosts[indices[from] ?? 0]?.push(...dials.map((to) => indices[to] ?? 0));
    const few = indices.length <= COMPLETE_UP_TO ? indices.length : seeded;
    seeder.push(...indices.slice(0, members.size === 1 ? few : seeded));
  }
  return { seeder, hosts };
}

/** Gives out the places of a plan as hosts come. */
export interface Introductions<Host> {
  /** The next place of this zone: whom of those before it the host is to dial, and whether the seeder is to dial it. */
  enter(host: Host, zone: string): { readonly dials: readonly Host[]; readonly seeded: boolean };
}

/** `zones` names the zone of every host that may come, in any order. */
export function openIntroductions<Host>(
  zones: readonly string[],
  { random = Math.random } = {},
): Introductions<Host> {
  const plan = swarmPlan(zones, { random });
  const places = Map.groupBy(zones.keys(), (index) => zones[index] ?? "");
  const seeded = new Set(plan.seeder);
  const hosts = new Map<number, Host>();
  return {
    enter: (host, zone) => {
      const place = places.get(zone)?.shift();
      if (place === undefined) throw new RangeError(`no place is left in zone "${zone}"`);
      hosts.set(place, host);
      const dials = (plan.hosts[place] ?? []).flatMap((other) => hosts.get(other) ?? []);
      return { dials, seeded: seeded.has(place) };
    },
  };
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
