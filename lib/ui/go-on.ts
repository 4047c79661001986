// The question between two batches, where there is no screen: in a log on a terminal, beside --json.
import type { FleetEvent } from "../swarm/events.ts";
import type { FleetFeed } from "./feed.ts";

interface Asking {
  readonly ask?: ((question: string) => Promise<string | undefined>) | undefined;
  readonly onQuit: () => void;
}

/** Whether the run waits for somebody now. */
export function asksToGoOn(event: FleetEvent): boolean {
  return event.type === "batch" && event.state === "paused" && event.pause === "ask";
}

/** Asks whether to go on: `q` stops the run, any other line lets it go on. */
export async function askToGoOn(feed: FleetFeed, { ask, onQuit }: Asking): Promise<void> {
  const answer = await ask?.("Enter goes on, q and Enter stop: ");
  if (answer === undefined) return;
  if (/^q/i.test(answer.trim())) onQuit();
  else feed.pause?.goOn();
}
