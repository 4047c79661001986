// The payload on its way to the hosts, whichever way that is.
import { startCopy } from "../swarm/copy.ts";
import type { Fleet, FleetHost } from "../swarm/fleet.ts";
import { type Swarm, type SwarmOptions, startSwarm } from "../swarm/start.ts";
import type { Torrent } from "../torrent/types.ts";
import type { Via } from "./via.ts";

/** Starts to bring `torrent` to `members`, whose peers run; `completed` says when it is there. */
export async function startTransfer<H extends FleetHost>(
  fleet: Fleet<H>,
  torrent: Torrent,
  { via, ...options }: SwarmOptions<H> & { readonly via: Via },
): Promise<Swarm> {
  return via === "ssh" ? startCopy(fleet, torrent, options) : startSwarm(fleet, torrent, options);
}
