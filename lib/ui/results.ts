// FleetState → one final line a host.
import type { FinalStatus, HostResult } from "../swarm/events.ts";
import type { FleetState, HostState } from "../swarm/state.ts";

/**
 * How each host ended, in inventory order. A host that has not ended is `skipped`, and its error says how far it came.
 * `bytes` is what it received, `seconds` runs from its first status to its last.
 */
export function hostResults(state: FleetState): HostResult[] {
  return [...state.hosts.values()].map((host) => hostResult(host, state.atMs));
}

/** How `host` ended, or where it stood at `atMs`. */
export function hostResult(host: HostState, atMs: number): HostResult {
  const status = finalStatus(host);
  const startedAtMs = host.startedAtMs ?? host.endedAtMs ?? atMs;
  const seconds = Math.max(0, (host.endedAtMs ?? atMs) - startedAtMs) / 1000;
  const error = host.error?.message ?? (status === host.status ? undefined : unfinished(host));
  return {
    host: host.name,
    status,
    bytes: host.downloadedBytes,
    seconds: Math.round(seconds * 1000) / 1000,
    ...(error === undefined ? {} : { error }),
    ...(host.error?.hint === undefined ? {} : { hint: host.error.hint }),
  };
}

function unfinished({ status }: HostState): string {
  return status === "waiting" ? "not tried" : `stopped while ${status}`;
}

function finalStatus({ status }: HostState): FinalStatus {
  return status === "ok" || status === "failed" || status === "unreachable" ? status : "skipped";
}
