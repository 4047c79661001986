// What every screen is made from: a state to look at and the events that change it.
import type { FleetEvent } from "../swarm/events.ts";
import type { FleetState } from "../swarm/state.ts";

export interface FleetFeed {
  /** The state now; plain data, replaced as a whole by each event. */
  readonly state: FleetState;
  /** Events from this call on, none replayed; ends when the run is over. */
  events(): AsyncIterable<FleetEvent>;
  /** Where the run waits between batches. */
  readonly pause?: { goOn(): void };
}

/** One way of showing a fleet. */
export interface Reporter {
  /** Called for each event, with the state after it. */
  event(event: FleetEvent, state: FleetState): void;
  /** Called once, when no more events come: gives the terminal back and writes what must stay. */
  end(state: FleetState): Promise<void> | void;
}

/** Where text goes: the process's own streams, or a test's. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
