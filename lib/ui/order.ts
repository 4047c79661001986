// Which hosts come first when not all of them fit: those that need a look.
import type { HostStatus } from "../swarm/events.ts";
import type { HostState } from "../swarm/state.ts";

// Failed first, then by how little is done, then those that need nothing more.
const RANK: Record<HostStatus, number> = {
  failed: 0,
  unreachable: 1,
  waiting: 2,
  connecting: 3,
  connected: 4,
  ready: 5,
  fetching: 6,
  complete: 7,
  prepared: 8,
  active: 9,
  ok: 10,
  skipped: 11,
};

/** Names of `hosts`, failed first, then the slowest, finished last; equals keep their order. */
export function byUrgency(hosts: Iterable<HostState>): string[] {
  return [...hosts]
    .sort((a, b) => RANK[a.status] - RANK[b.status] || a.verified - b.verified)
    .map((host) => host.name);
}

/** Hosts by group, groups in the order they first appear. */
export function byGroup(hosts: Iterable<HostState>): ReadonlyMap<string, readonly HostState[]> {
  return Map.groupBy(hosts, (host) => host.group);
}
