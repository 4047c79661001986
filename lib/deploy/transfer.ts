// The payload on its way to the hosts, whichever way that is.
import { isDistant } from "../swarm/addresses.ts";
import { startCopy } from "../swarm/copy.ts";
import type { Fleet, FleetHost, Member } from "../swarm/fleet.ts";
import { type Swarm, type SwarmOptions, type SwarmPlace, startSwarm } from "../swarm/start.ts";
import { measureUplink, type Uplink } from "../swarm/uplink.ts";
import type { Torrent } from "../torrent/types.ts";
import { chooseVia, type ViaCase } from "./choose-via.ts";
import type { Via } from "./via.ts";

export interface TransferOptions<H extends FleetHost> extends SwarmOptions<H> {
  readonly via: Via;
  /** What `uplinkFor` found. */
  readonly uplink: Uplink | undefined;
  readonly reused?: Question<H>["reused"];
}

/** Whom it is for, and what each may send and take. */
interface Question<H extends FleetHost> {
  readonly via: Via;
  readonly members: readonly Member<H>[];
  readonly limits: (member: Member<H>) => Pick<SwarmPlace, "maxUpload" | "maxDownload">;
  /** Bytes of the torrent that a host has already; none where this is left out. */
  readonly reused?: ((member: Member<H>) => number) | undefined;
}

/** Starts to bring `torrent` to `members`, whose peers run; `completed` says when it is there. */
export async function startTransfer<H extends FleetHost>(
  fleet: Fleet<H>,
  torrent: Torrent,
  { via, uplink, reused, ...options }: TransferOptions<H>,
): Promise<Swarm> {
  const { members, place } = options;
  const { way, reason } = wayFor(fleet, torrent, { via, uplink, members, limits: place, reused });
  fleet.note(reason, { level: "detail" });
  return way === "ssh" ? startCopy(fleet, torrent, options) : startSwarm(fleet, torrent, options);
}

/** The rate of this machine's link, measured where it makes a difference (or `always`); best while the link is idle. */
export async function uplinkFor<H extends FleetHost>(
  fleet: Fleet<H>,
  torrent: Torrent,
  { via, always = false, ...question }: Question<H> & { readonly always?: boolean },
): Promise<Uplink | undefined> {
  const { members } = question;
  if (via !== "auto" || members.length === 0) return undefined;
  if (!always && chooseVia(caseOf(fleet, torrent, question)).sure) return undefined;
  return measureUplink(
    fleet,
    members.filter((member) => !isLocal(member)),
  );
}

/** The way that was asked for, or the quicker one; `reason` begins with "by swarm" or "by ssh". */
export function wayFor<H extends FleetHost>(
  fleet: Fleet<H>,
  torrent: Torrent,
  { via, uplink, ...question }: Question<H> & { readonly uplink: Uplink | undefined },
): { readonly way: "swarm" | "ssh"; readonly reason: string } {
  if (via === "auto") return chooseVia({ ...caseOf(fleet, torrent, question), uplink });
  return { way: via, reason: `by ${via}, as --via or rookery_via says` };
}

function caseOf<H extends FleetHost>(
  fleet: Fleet<H>,
  { totalBytes }: Torrent,
  { members, limits, reused = () => 0 }: Omit<Question<H>, "via">,
): ViaCase {
  const starts = members.flatMap(({ peerStartMs }) => peerStartMs ?? []).toSorted((a, b) => a - b);
  const travelling = members.reduce((sum, member) => sum + Math.max(0, totalBytes - reused(member)), 0);
  return {
    payloadBytes: travelling / Math.max(1, members.length),
    hosts: members.length,
    localHosts: members.filter(isLocal).length,
    forks: fleet.forks,
    distant: members.every(isDistant),
    peerStartMs: starts[starts.length >> 1],
    maxUpload: least(members.map((member) => limits(member).maxUpload)),
    maxDownload: least(members.map((member) => limits(member).maxDownload)),
  };
}

/** The smallest bound there is. */
function least(bounds: readonly (number | undefined)[]): number | undefined {
  const there = bounds.filter((bound) => bound !== undefined);
  return there.length === 0 ? undefined : Math.min(...there);
}

function isLocal({ target }: Member): boolean {
  return target.via === "local";
}
