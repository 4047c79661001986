// What a host says about the releases it holds. Capistrano's layout (releases/, shared/, current, REVISION,
// revisions.log) with one folder of ours beside it, `.rookery/`, for records, the lock and incoming payloads.

export interface ReleaseInfo {
  readonly id: string;
  /** Infohash it came from; undefined for releases other tools made. */
  readonly infohash: string | undefined;
  /** What it is, however it came: `treeDigest` of its entries, 64 hex digits; undefined for releases other tools made. */
  readonly tree?: string | undefined;
  /** unpacked: complete on disk, never switched to; good: was switched to and its commands succeeded; foreign: another tool's. */
  readonly state: "unpacked" | "good" | "foreign";
  /** ISO 8601, when it last became `current`. */
  readonly activatedAt: string | undefined;
  /** ISO 8601, when it was unpacked here; undefined for releases other tools made. */
  readonly installedAt?: string | undefined;
  readonly revision: string | undefined;
}

export interface LockInfo {
  readonly app: string;
  /** How its owner named the inventory; "" when it didn't say. */
  readonly environment?: string | undefined;
  /** user@controlhost */
  readonly owner: string;
  /** Process id on the control host. */
  readonly ownerPid: number;
  readonly since: string;
  /** When its peer last heard the control host and renewed it; ISO 8601, this host's clock, as all of these. */
  readonly heartbeatAt?: string | undefined;
  /** Until when it counts unless it is renewed. */
  readonly expiresAt?: string | undefined;
  /** False when it is stale: the peer that holds it no longer runs, or didn't renew it in time. */
  readonly alive: boolean;
  /** Why it is stale. */
  readonly stale?: string | undefined;
}

export interface HostReport {
  /** Release id `current` points to; undefined when there is none. */
  readonly current: string | undefined;
  /** The last good release that was `current` before it: never removed, what a rollback goes to. */
  readonly previous?: string | undefined;
  /** Sorted by id, oldest first. */
  readonly releases: readonly ReleaseInfo[];
  readonly lock: LockInfo | undefined;
  readonly freeBytes: number;
  /** 0 where the file system doesn't count them. */
  readonly freeInodes: number;
}
