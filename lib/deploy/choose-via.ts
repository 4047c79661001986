// Swarm or SSH: how long each would take, and which is quicker. Pure: what was measured is handed in.
import { SSH_BYTES_PER_SECOND, type Uplink } from "../swarm/uplink.ts";
import { formatBytes, formatDuration, plural } from "../ui/format.ts";

export interface ViaCase {
  readonly payloadBytes: number;
  /** That lack the payload. */
  readonly hosts: number;
  /** Those of them that are this machine itself. */
  readonly localHosts: number;
  /** Hosts worked on at a time. */
  readonly forks: number;
  /** How long peers took to start, the middle one: the seeder is one more. Undefined: none runs yet. */
  readonly peerStartMs?: number | undefined;
  readonly uplink?: Uplink | undefined;
  /** All of them see this machine from another address: a bastion or NAT is between, and a swarm is fed over SSH, too. */
  readonly distant?: boolean | undefined;
  /** Bytes a second that every host may send and take; undefined: no bound. */
  readonly maxUpload?: number | undefined;
  readonly maxDownload?: number | undefined;
}

export interface ViaChoice {
  readonly way: "swarm" | "ssh";
  /** A sentence that begins with "by swarm" or "by ssh". */
  readonly reason: string;
  /** At any rate there may be, so that it need not be measured. */
  readonly sure: boolean;
}

/** Seeder, tracker and joining, beside the start of the seeder itself: measured with `bun run bench:via`. */
const JOIN_MS = 60;
const JOIN_ROUND_TRIPS = 6;
/** A peer's start, and its round trip, where none was seen. */
const PEER_START_MS = 50;
const ROUND_TRIP_MS = 1;
/** What a host costs over SSH beside its bytes, `forks` hosts at a time: what it lacks, and that it has it all. */
const COPY_MS = 15;
const COPY_ROUND_TRIPS = 3;
/** How much longer than F/u a swarm takes: the last pieces, and each host's way to its first. */
const SWARM_STRETCH = 1.15;
const SWARM_TAIL_MS = 15;
/** Where SSH keeps this process busy, a swarm's plain TCP gets so much more through (230 MB/s to one peer, 100 by SSH). */
const SWARM_OVER_BUSY = 2;
/** Until it is clear that the seeder reaches nobody (reach.ts), and what one more pair of hands costs (bench/bastion.ts). */
const FED_MS = 300;
const FED_STRETCH = 1.15;
/** Taken for the rate where it could not be measured: a gigabit link. */
const GUESS: Uplink = { bytesPerSecond: 110e6, roundTripMs: ROUND_TRIP_MS, busy: false };
/** The ends of what may be measured: a bad uplink, and all that SSH gets through one process, near and far. */
const EXTREMES: readonly Uplink[] = [
  { bytesPerSecond: 0.5e6, roundTripMs: ROUND_TRIP_MS, busy: false },
  { bytesPerSecond: SSH_BYTES_PER_SECOND, roundTripMs: ROUND_TRIP_MS, busy: true },
  { bytesPerSecond: SSH_BYTES_PER_SECOND, roundTripMs: 300, busy: false },
];

/** The quicker way. Ties go to SSH, which needs no port. */
export function chooseVia(situation: ViaCase): ViaChoice {
  const { payloadBytes, hosts, localHosts, uplink, distant = false } = situation;
  const what = `${formatBytes(payloadBytes)} to ${plural(hosts, "host")}`;
  if (localHosts === hosts)
    return { way: "ssh", sure: true, reason: `by ssh: ${what} on this machine, with no link between` };
  const used = uplink ?? GUESS;
  const { swarmMs, sshMs } = expected(situation, used);
  const way = sshMs <= swarmMs ? "ssh" : "swarm";
  const sure = EXTREMES.every((extreme) => wayAt(situation, extreme) === way);
  const took = (ms: number) => (ms < 995 ? `${(ms / 1000).toFixed(2)} s` : formatDuration(ms / 1000));
  const rate = `${formatBytes(used.bytesPerSecond)}/s ${uplink === undefined ? "assumed" : "measured"}`;
  const reason = `by ${way}: ${what} about ${took(swarmMs)} by swarm, ${took(sshMs)} over SSH (${rate}); ${crossover(situation, used)}${distant ? "; hosts see another address than this machine's, so SSH may be the only way to the swarm as well" : ""}`;
  return { way, reason, sure };
}

function wayAt(situation: ViaCase, uplink: Uplink): "swarm" | "ssh" {
  const { swarmMs, sshMs } = expected(situation, uplink);
  return sshMs <= swarmMs ? "ssh" : "swarm";
}

/**
 * N hosts share this machine's link over SSH: N · F/u. In a swarm all links work, so that F/u and a little is enough
 * however many they are, once it has started (Kumar & Ross 2006, with the bounds of what hosts send and take).
 */
function expected(situation: ViaCase, uplink: Uplink): { readonly swarmMs: number; readonly sshMs: number } {
  const { payloadBytes, hosts, localHosts, forks, distant = false, peerStartMs = PEER_START_MS } = situation;
  const { maxUpload = Number.POSITIVE_INFINITY, maxDownload = Number.POSITIVE_INFINITY } = situation;
  const { bytesPerSecond, roundTripMs, busy } = uplink;
  const remote = hosts - localHosts;
  const linkRate = bytesPerSecond * (busy && !distant ? SWARM_OVER_BUSY : 1);
  const shared = (linkRate + remote * Math.min(maxUpload, linkRate)) / remote;
  const swarmRate =
    Math.min(linkRate, maxDownload, shared) /
    (remote === 1 ? 1 : SWARM_STRETCH * (distant ? FED_STRETCH : 1));
  const sshRate = Math.min(bytesPerSecond / remote, maxDownload);
  const startMs = (distant ? FED_MS : 0) + peerStartMs + JOIN_MS + JOIN_ROUND_TRIPS * roundTripMs;
  const turns = Math.ceil(hosts / forks);
  return {
    swarmMs: startMs + (payloadBytes * 1000) / swarmRate + SWARM_TAIL_MS,
    sshMs: (payloadBytes * 1000) / sshRate + turns * (COPY_MS + COPY_ROUND_TRIPS * roundTripMs),
  };
}

/** Up to how many hosts SSH is the quicker way for this payload. */
function crossover(situation: ViaCase, uplink: Uplink): string {
  let most = 0;
  const at = (hosts: number) => wayAt({ ...situation, hosts, localHosts: 0 }, uplink);
  // Each further host costs SSH one more F/u and a swarm nothing, so there is one such number.
  while (most < MANY && at(most + 1) === "ssh") most++;
  if (most === 0) return "a swarm is quicker for any number of hosts";
  if (most === MANY) return `SSH is quicker for ${MANY} hosts and more`;
  return `SSH is quicker for up to ${plural(most, "host")}`;
}

const MANY = 10_000;
