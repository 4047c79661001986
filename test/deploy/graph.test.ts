// Who dials whom: everybody connected, nobody crowded, few steps from the seeder to the last host.
import { expect, test } from "bun:test";
import { dialPlan, openIntroductions, swarmPlan } from "../../lib/swarm/graph.ts";

/** Neighbours of each peer, whoever dials. */
function neighbours(plan: readonly (readonly number[])[]): Set<number>[] {
  const links = plan.map(() => new Set<number>());
  for (const [from, dials] of plan.entries())
    for (const to of dials) {
      links[from]?.add(to);
      links[to]?.add(from);
    }
  return links;
}

/** Steps from peer 0 to the farthest; Infinity when one can't be reached. */
function farthest(links: readonly ReadonlySet<number>[]): number {
  const steps = new Map([[0, 0]]);
  for (const [peer, step] of steps)
    for (const next of links[peer] ?? []) if (!steps.has(next)) steps.set(next, step + 1);
  return steps.size < links.length ? Number.POSITIVE_INFINITY : Math.max(...steps.values());
}

test.each([
  [0, 0],
  [1, 0],
  [2, 1],
  [8, 1],
  [9, 1],
  [13, 3],
  [100, 4],
  [1001, 6],
])("%p peers: each at most %p steps from the seeder", (count, steps) => {
  for (let time = 0; time < 10; time++) {
    const plan = dialPlan(count);
    const links = neighbours(plan);
    expect(plan).toHaveLength(count);
    if (count > 0) expect(farthest(links)).toBeLessThanOrEqual(steps);
    for (const [peer, mine] of links.entries()) {
      expect(mine.has(peer)).toBe(false);
      if (count > 9) expect(mine.size).toBeWithin(2, 9);
      for (const other of plan[peer] ?? []) expect(other).toBeLessThan(peer);
    }
    // Nobody is dialled by the one it dials: that would be two wires for one.
    const pairs = plan.flatMap((dials, from) => dials.map((to) => [from, to].sort((a, b) => a - b).join()));
    expect(new Set(pairs).size).toBe(pairs.length);
  }
});

test("the same random numbers make the same plan", () => {
  const numbers = () => {
    let state = 1;
    return () => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
  };
  expect(dialPlan(50, { random: numbers() })).toEqual(dialPlan(50, { random: numbers() }));
  expect(dialPlan(50, { random: numbers() })).not.toEqual(dialPlan(50));
});

test("each of many peers has eight neighbours, none fewer", () => {
  for (const count of [40, 300, 1000])
    expect(new Set(neighbours(dialPlan(count)).map(({ size }) => size))).toEqual(new Set([8]));
});

test("zones are graphs of their own, and the seeder has a few hosts in each", () => {
  const zones = Array.from({ length: 60 }, (_, host) => ["fra", "ams", "lon"][host % 3] ?? "");
  const { seeder, hosts } = swarmPlan(zones);
  for (const [from, dials] of hosts.entries())
    for (const to of dials) expect(zones[to]).toBe(zones[from] ?? "");
  const seeded = Map.groupBy(seeder, (host) => zones[host]);
  expect([...seeded.keys()].toSorted()).toEqual(["ams", "fra", "lon"]);
  for (const members of seeded.values()) expect(new Set(members).size).toBe(6);
  expect(swarmPlan(["fra", "ams"])).toEqual({ seeder: [0, 1], hosts: [[], []] });
});

test("as hosts come, each is told of those before it, and all links of the plan come about", () => {
  const zones = Array.from({ length: 40 }, (_, host) => (host % 4 === 0 ? "ams" : "fra"));
  const introductions = openIntroductions<string>(zones);
  const links = new Map<string, Set<string>>();
  let fed = 0;
  const came: string[] = [];
  for (const [index, zone] of zones.toReversed().entries()) {
    const name = `${zone}${index}`;
    const { dials, seeded } = introductions.enter(name, zone);
    for (const other of dials) {
      expect(came).toContain(other);
      expect(other).toStartWith(zone);
      links.set(name, (links.get(name) ?? new Set()).add(other));
      links.set(other, (links.get(other) ?? new Set()).add(name));
    }
    if (seeded) fed++;
    came.push(name);
  }
  expect(fed).toBe(12);
  for (const [name, others] of links) if (name.startsWith("fra")) expect(others.size).toBeWithin(7, 9);
  expect(links.size).toBe(zones.length);
  expect(() => introductions.enter("one more", "fra")).toThrow("no place is left");
});
