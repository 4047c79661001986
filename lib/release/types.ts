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
  /** user@controlhost */
  readonly owner: string;
  /** Process id on the control host. */
  readonly ownerPid: number;
  readonly since: string;
  /** Whether the peer process that holds it still runs on this host. */
  readonly alive: boolean;
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
