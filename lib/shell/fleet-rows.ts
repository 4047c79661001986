// What a command said on many hosts: a row each.
import { isUnreachable, type OpsError } from "../errors.ts";

/** One host's row: what the command said there, or why it did not run. */
export interface HostOutput {
  readonly host: string;
  readonly ok: boolean;
  /** undefined when it did not run, or was not seen to end. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why the host counts as failed. */
  readonly error: OpsError | undefined;
}

/** All hosts' rows, in the order they came. */
export interface FleetOutput extends Iterable<HostOutput> {
  readonly rows: readonly HostOutput[];
  readonly ok: readonly HostOutput[];
  readonly failed: readonly HostOutput[];
  /** Ansible's, for a script to end with: 0 all well, 2 some failed, 4 some were unreachable. */
  readonly exitCode: number;
  /** The row of a host; undefined when it did not take part. */
  get(host: string): HostOutput | undefined;
}

export function fleetOutput(rows: readonly HostOutput[]): FleetOutput {
  const failed = rows.filter((row) => !row.ok);
  const unreachable = failed.some(({ error }) => error !== undefined && isUnreachable(error.code));
  return {
    rows,
    ok: rows.filter((row) => row.ok),
    failed,
    exitCode: unreachable ? 4 : failed.length > 0 ? 2 : 0,
    get: (name) => rows.find(({ host }) => host === name),
    [Symbol.iterator]: () => rows[Symbol.iterator](),
  };
}
