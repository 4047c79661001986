// What happens to a fleet during a run: one union, the only thing screens, logs and summaries are made from.
import type { ErrorCode } from "../errors.ts";

/** The stages of a run, in order; also the keys of the summary's `seconds`. */
export const PHASES = ["connect", "pack", "bootstrap", "distribute", "activate"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * Where a host is: waiting → connecting → connected → ready (its peer runs) → fetching → complete (every piece
 * hashed again from its disk) → prepared (unpacked, linked, before-activate commands done) → active (`current`
 * switched) → ok. Ends early as failed, unreachable or skipped (not tried, or stopped because of others).
 */
export type HostStatus =
  | "waiting"
  | "connecting"
  | "connected"
  | "ready"
  | "fetching"
  | "complete"
  | "prepared"
  | "active"
  | "ok"
  | "failed"
  | "unreachable"
  | "skipped";

export type FinalStatus = "ok" | "failed" | "unreachable" | "skipped";

/** An error as events carry it: never secrets, never a stack. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** One host's share of a progress report; all counters since its peer started. */
export interface HostProgress {
  readonly host: string;
  /** Pieces whose hash matched so far. */
  readonly verified: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Wires it has open. */
  readonly peers: number;
  /** Why it does not go faster, where its peer can tell: "no peers", "disk", "checking". */
  readonly note?: string | undefined;
}

/** Where a batch is: waiting → (paused, before it) → running → done or failed → (rolling-back → rolled-back). */
export type BatchStep = "waiting" | "paused" | "running" | "done" | "failed" | "rolling-back" | "rolled-back";

export interface ReleaseFacts {
  readonly infohash?: string | undefined;
  /** sha256 of its manifest, 64 hex digits. */
  readonly tree?: string | undefined;
  readonly revision?: string | undefined;
}

/** Bytes that a host received from one other; undefined: from this machine. */
export interface Gift {
  readonly from: string | undefined;
  readonly bytes: number;
}

/** `atMs` on every event: milliseconds since the epoch, the control host's clock. */
export type FleetEvent = { readonly atMs: number } & (
  | {
      readonly type: "plan";
      readonly title: string;
      readonly hosts: readonly { readonly host: string; readonly group: string }[];
    }
  | { readonly type: "phase"; readonly phase: Phase; readonly state: "start" | "end" }
  | {
      readonly type: "torrent";
      readonly infohash: string;
      readonly release: string | undefined;
      readonly totalBytes: number;
      readonly pieces: number;
      readonly pieceLength: number;
    }
  /** Which release the hosts are to run, as soon as that is known. */
  | ({ readonly type: "release"; readonly release: string } & ReleaseFacts)
  /** A host is complete, and this is who gave it what. */
  | { readonly type: "sources"; readonly host: string; readonly gifts: readonly Gift[] }
  | {
      readonly type: "status";
      readonly host: string;
      readonly status: HostStatus;
      readonly detail?: string | undefined;
    }
  | {
      readonly type: "progress";
      readonly hosts: readonly HostProgress[];
      /** What the control host's seeder sent so far. */
      readonly seederUploadedBytes: number;
      /** Copies of the payload that hosts and seeder hold together; undefined while unknown. */
      readonly availability?: number | undefined;
    }
  | {
      readonly type: "failed";
      readonly host: string;
      readonly status: "failed" | "unreachable" | "skipped";
      readonly error: Fault;
    }
  /** A batch of hosts that are switched together; `index` counts from 1. */
  | {
      readonly type: "batch";
      readonly index: number;
      readonly of: number;
      readonly hosts: readonly string[];
      readonly state: BatchStep;
      /** Why it failed. */
      readonly reason?: string | undefined;
      /** Of a pause: how long it lasts in milliseconds, or that it waits for somebody. */
      readonly pause?: "ask" | number | undefined;
      /** Hosts that go back to the release they ran: whatever was told of them before, they are not through. */
      readonly back?: readonly string[] | undefined;
    }
  | {
      readonly type: "output";
      readonly host: string;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  | {
      readonly type: "note";
      readonly level: "info" | "warning" | "detail";
      readonly host?: string | undefined;
      readonly message: string;
    }
  /** What a run would do; only with `--check`. */
  | { readonly type: "preview"; readonly rows: readonly PreviewRow[]; readonly totalBytes: number }
  | { readonly type: "summary"; readonly summary: Summary }
);

/** What a run would do to one host. */
export interface PreviewRow {
  readonly host: string;
  /** Release id it runs now. */
  readonly current: string | undefined;
  /** Release id it would run. */
  readonly release: string;
  readonly action: "fetch" | "switch" | "nothing";
  readonly deployTo: string;
  /** The settings that matter to it, in words; commands by their number, for their text may hold secrets. */
  readonly settings: string;
  readonly freeBytes: number;
  /** Bytes of the payload it has already, and would not fetch. */
  readonly reusesBytes?: number | undefined;
  /** Release ids that would go. */
  readonly removes: readonly string[];
  /** What would stop it: a lock, too little room. */
  readonly obstacle?: string | undefined;
}

/** One final line a host. */
export interface HostResult {
  readonly host: string;
  readonly status: FinalStatus;
  /** Bytes this host received from the swarm. */
  readonly bytes: number;
  readonly seconds: number;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
}

/** How a run ended: hosts by outcome, bytes, seconds by phase, and the exit code. */
export interface Summary {
  readonly ok: number;
  readonly failed: number;
  readonly unreachable: number;
  readonly skipped: number;
  readonly release: string | undefined;
  readonly infohash: string | undefined;
  /** Size of the payload. */
  readonly bytes: number;
  readonly seconds: Readonly<Record<Phase | "total", number>>;
  /** One sentence for people: what is now true. */
  readonly outcome: string;
  readonly exitCode: number;
}
