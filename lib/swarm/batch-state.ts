// Batches as a screen sees them. Pure.
import type { BatchStep, FleetEvent } from "./events.ts";
import type { HostState } from "./state.ts";

export interface BatchState {
  readonly hosts: readonly string[];
  readonly step: BatchStep;
  readonly pause: "ask" | number | undefined;
  /** When it came to this step. */
  readonly atMs: number;
}

/** The batches after `event`, which is told of them in order. */
export function withBatch(
  batches: readonly BatchState[],
  { index, hosts, state: step, pause, atMs }: Extract<FleetEvent, { type: "batch" }>,
): readonly BatchState[] {
  return batches.toSpliced(index - 1, 1, { hosts, step, pause, atMs });
}

/** A host that may have been through, and goes back to the release it ran. */
export function reopened(host: HostState): HostState {
  return { ...host, status: "active", detail: "goes back", error: undefined, endedAtMs: undefined };
}
