// What scripts print with --json, read line by line as programs would.
import type { FleetEvent, HostResult, Summary } from "../../lib/swarm/events.ts";

type Told = Extract<
  FleetEvent,
  { type: "plan" | "phase" | "torrent" | "batch" | "note" | "output" | "preview" | "status" }
>;

export type Event =
  | Told
  | ({ readonly type: "host" } & HostResult)
  | { readonly type: "progress"; readonly verifiedBytes: number; readonly totalBytes: number }
  | ({ readonly type: "summary" } & Summary)
  | {
      readonly type: "error";
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly host?: string;
    }
  | ({ readonly type: "releases"; readonly host: string } & Readonly<Record<string, unknown>>);

export interface EventReader {
  push(text: string, pid: number): void;
  /** All events. @throws Error when a line was no JSON, or the last one has no end */
  end(): readonly Event[];
}

/** Parses lines as they come; `onEvent` is told of each at once. */
export function readEvents(onEvent?: (event: Event, pid: number) => void): EventReader {
  const events: Event[] = [];
  const strange: string[] = [];
  let rest = "";
  const take = (line: string, pid: number) => {
    let event: Event;
    try {
      event = JSON.parse(line) as Event;
    } catch {
      strange.push(line);
      return;
    }
    events.push(event);
    onEvent?.(event, pid);
  };
  return {
    push: (text, pid) => {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line, pid);
    },
    end: () => {
      if (rest !== "") strange.push(rest);
      if (strange.length > 0) throw new Error(`not JSON on stdout: ${strange.join(" | ")}`);
      return events;
    },
  };
}
