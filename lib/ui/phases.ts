// Which stages a run went through and how long each took or takes.
import { PHASES, type Phase } from "../swarm/events.ts";
import type { FleetState } from "../swarm/state.ts";

export interface PhaseLine {
  readonly phase: Phase;
  readonly state: "done" | "running" | "ahead";
  /** Seconds it took, or has taken by `nowMs`; 0 ahead. */
  readonly seconds: number;
}

/** The stages of a run in order; those before the newest that never began are left out, for this run has none. */
export function phaseLines(state: FleetState, nowMs: number): PhaseLine[] {
  const newest = state.phase === undefined ? -1 : PHASES.indexOf(state.phase);
  return PHASES.flatMap((phase, index): PhaseLine[] => {
    const times = state.phases[phase];
    if (times === undefined) {
      return index < newest || state.summary !== undefined ? [] : [{ phase, state: "ahead", seconds: 0 }];
    }
    const seconds = Math.max(0, (times.endedAtMs ?? nowMs) - times.startedAtMs) / 1000;
    return [{ phase, state: times.endedAtMs === undefined ? "running" : "done", seconds }];
  });
}
