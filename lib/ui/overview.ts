// FleetState → the few numbers every screen shows.
import type { HostStatus } from "../swarm/events.ts";
import type { FleetState, HostState } from "../swarm/state.ts";

export interface Overview {
  /** Hosts by status; every status is there. */
  readonly counts: Readonly<Record<HostStatus, number>>;
  readonly hosts: number;
  /** Hosts whose status is final. */
  readonly finished: number;
  /** Bytes verified on the hosts still in the run: neither failed, unreachable nor skipped. */
  readonly verifiedBytes: number;
  /** What these hosts will hold together; 0 while the payload is unknown. */
  readonly totalBytes: number;
  /** How far the run is, 0 to 1: by bytes, or by finished hosts when nothing travels. */
  readonly fraction: number;
  readonly bytesPerSecond: number;
  /** undefined while nothing moves; 0 when every byte arrived. */
  readonly etaSeconds: number | undefined;
  /** Whole copies of the payload the control host's seeder sent. */
  readonly seederCopies: number | undefined;
  /** The seeder's part of all that was uploaded, 0 to 1. */
  readonly seederShare: number | undefined;
}

/** Statuses from `complete` on: every piece is on the host's disk. */
const HOLDING: ReadonlySet<HostStatus> = new Set(["complete", "prepared", "active", "ok"]);
const LOST: ReadonlySet<HostStatus> = new Set(["failed", "unreachable", "skipped"]);

/** Bytes of the payload `host` has verified: pieces × piece length, for the last piece is shorter at most the total. */
export function verifiedBytes(host: HostState, torrent: FleetState["torrent"]): number {
  if (torrent === undefined) return 0;
  if (HOLDING.has(host.status)) return torrent.totalBytes;
  return Math.min(host.verified * torrent.pieceLength, torrent.totalBytes);
}

/** How much of the payload `host` has verified, 0 to 1. */
export function verifiedFraction(host: HostState, torrent: FleetState["torrent"]): number {
  if (HOLDING.has(host.status)) return 1;
  return torrent === undefined || torrent.totalBytes === 0
    ? 0
    : verifiedBytes(host, torrent) / torrent.totalBytes;
}

/** The numbers of `state`, in one pass over its hosts. */
export function overview(state: FleetState): Overview {
  const { torrent } = state;
  const counts = noCounts();
  let verified = 0;
  let inRun = 0;
  let rate = 0;
  let uploaded = state.seederUploadedBytes;
  for (const host of state.hosts.values()) {
    counts[host.status] += 1;
    uploaded += host.uploadedBytes;
    if (LOST.has(host.status)) continue;
    inRun += 1;
    rate += host.bytesPerSecond;
    verified += verifiedBytes(host, torrent);
  }
  const finished = counts.ok + counts.failed + counts.unreachable + counts.skipped;
  const hosts = state.hosts.size;
  const total = inRun * (torrent?.totalBytes ?? 0);
  const left = total - verified;
  return {
    counts,
    hosts,
    finished,
    verifiedBytes: verified,
    totalBytes: total,
    fraction: total > 0 ? verified / total : hosts === 0 ? 0 : finished / hosts,
    bytesPerSecond: rate,
    etaSeconds: total > 0 && left === 0 ? 0 : total > 0 && rate >= 1 ? left / rate : undefined,
    seederCopies:
      torrent !== undefined && torrent.totalBytes > 0
        ? state.seederUploadedBytes / torrent.totalBytes
        : undefined,
    seederShare: uploaded > 0 ? state.seederUploadedBytes / uploaded : undefined,
  };
}

function noCounts(): Record<HostStatus, number> {
  return {
    ok: 0,
    active: 0,
    prepared: 0,
    complete: 0,
    fetching: 0,
    ready: 0,
    connected: 0,
    connecting: 0,
    waiting: 0,
    failed: 0,
    unreachable: 0,
    skipped: 0,
  };
}
