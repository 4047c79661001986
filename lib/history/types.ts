// What the control host remembers of each run.

/** What a run was for. */
export type RunKind = "deploy" | "rollback" | "distribute";

/** How one host came out of a run. */
export interface HostOutcome {
  readonly name: string;
  readonly status: "ok" | "failed" | "unreachable" | "skipped";
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
  readonly seconds: number;
  /** That it received. */
  readonly bytes: number;
}

/** What is known when a run begins. */
export interface RunStart {
  /** Sorts by time, unique: `newRunId()`. */
  readonly id: string;
  readonly kind: RunKind;
  readonly app: string;
  /** How the operator named the inventory: `prod`, or the -i paths joined by commas. */
  readonly environment: string;
  /** Of the hosts: pattern, and limit. */
  readonly pattern: string;
  /** As asked for, where it was. */
  readonly release?: string | undefined;
  readonly source?: string | undefined;
  /** user@controlhost */
  readonly owner: string;
  /** ISO 8601 */
  readonly startedAt: string;
  /** Names of all hosts of the run. */
  readonly hosts: readonly string[];
}

/** Which release it is, known once it was chosen. */
export interface RunRelease {
  readonly release?: string | undefined;
  /** sha256 of its manifest, 64 hex digits, whatever its layout on the wire. */
  readonly tree?: string | undefined;
  readonly infohash?: string | undefined;
  readonly revision?: string | undefined;
}

/** What is known when it is through. */
export interface RunEnd extends RunRelease {
  readonly id: string;
  /** ISO 8601 */
  readonly endedAt: string;
  /** One sentence: what is now true. */
  readonly outcome: string;
  readonly exitCode: number;
  /** Of the payload. */
  readonly bytes: number;
  /** By phase, and `total`. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly hosts: readonly HostOutcome[];
}

/**
 * A run as it is read back. One that was killed, or is still under way, has neither `endedAt` nor `exitCode`; its hosts
 * are `skipped`, for nobody knows how far they came.
 */
export interface RunRecord extends Omit<RunStart, "hosts">, RunRelease {
  readonly endedAt?: string | undefined;
  readonly outcome: string;
  readonly exitCode?: number | undefined;
  readonly bytes: number;
  readonly seconds: Readonly<Record<string, number>>;
  readonly hosts: readonly HostOutcome[];
}
