// Events → a feed, as a run gives it: now, or at their own times.

import type { FleetEvent } from "../../lib/swarm/events.ts";
import { emptyState, type FleetState, reduce } from "../../lib/swarm/state.ts";
import type { FleetFeed } from "../../lib/ui/feed.ts";

/** The state after the events of `run` up to `seconds` after its start. */
export function stateAt(run: readonly FleetEvent[], seconds: number): FleetState {
  const startMs = run[0]?.atMs ?? 0;
  return run.filter((event) => event.atMs <= startMs + seconds * 1000).reduce(reduce, emptyState(startMs));
}

export interface LiveFeed extends FleetFeed {
  push(event: FleetEvent): void;
  end(): void;
}

/** A feed that whoever holds it writes to; like the real one it replays nothing. */
export function liveFeed(startMs: number): LiveFeed {
  let state = emptyState(startMs);
  let over = false;
  const readers = new Set<{ queue: FleetEvent[]; wake: () => void }>();
  return {
    get state() {
      return state;
    },
    push(event) {
      state = reduce(state, event);
      for (const reader of readers) {
        reader.queue.push(event);
        reader.wake();
      }
    },
    end() {
      over = true;
      for (const reader of readers) reader.wake();
    },
    async *events() {
      const reader = { queue: [] as FleetEvent[], wake: () => {} };
      readers.add(reader);
      while (true) {
        const event = reader.queue.shift();
        if (event !== undefined) yield event;
        else if (over) return;
        else await new Promise<void>((resolve) => (reader.wake = resolve));
      }
    },
  };
}
