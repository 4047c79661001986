// The release a new one is laid out by: what most hosts run now, so that what they have need not travel.
import type { Fleet, Member } from "../swarm/fleet.ts";
import { type Base, type BaseHost, findTree } from "./host-tree.ts";

/**
 * The tree that most of the surveyed hosts run, when at least half of them hold it. Undefined without one, or when no
 * host gives it: the payload is then laid out for hosts that have nothing.
 */
export async function chooseBase(fleet: Fleet<BaseHost>): Promise<Base | undefined> {
  const members = fleet.alive.filter(({ survey }) => survey?.report !== undefined);
  const running = Map.groupBy(members, (member) => currentTree(member) ?? "");
  running.delete("");
  const byNumber = [...running].sort(([a, one], [b, other]) => other.length - one.length || (a < b ? 1 : -1));
  const [tree] = byNumber[0] ?? [];
  if (tree === undefined) return undefined;
  const holders = members.filter((member) => holds(member, tree));
  return holders.length * 2 >= members.length ? findTree(fleet, tree, holders) : undefined;
}

function currentTree({ survey }: Member<BaseHost>): string | undefined {
  const { current, releases = [] } = survey?.report ?? {};
  return releases.find(({ id }) => id === current)?.tree;
}

/** Whether that host has a release of this tree. */
export function holds({ survey }: Member<BaseHost>, tree: string): boolean {
  return survey?.report?.releases.some((release) => release.tree === tree) === true;
}
