// Batches in words.
import type { FleetEvent } from "../swarm/events.ts";
import type { FleetState } from "../swarm/state.ts";
import { formatDuration, plural } from "./format.ts";
import { clean } from "./text.ts";

/** Hosts are named one by one up to here. */
const NAMED = 8;

/** What a step of a batch is worth in a log; nothing when there is only one. */
export function batchLines(event: Extract<FleetEvent, { type: "batch" }>): string[] {
  const { index, of, hosts, state, reason, pause } = event;
  const name = `batch ${index} of ${of}`;
  const back = state === "rolling-back" || state === "rolled-back";
  if ((of === 1 && !back) || state === "waiting") return [];
  const said = {
    paused: `${name} waits ${pause === "ask" ? "for a key" : formatDuration((pause ?? 0) / 1000)}: ${named(hosts)}`,
    running: `${name} begins: ${named(hosts)}`,
    done: `${name} is through`,
    failed: `${name} failed${reason === undefined ? "" : `: ${clean(reason)}`}`,
    "rolling-back": `${name} goes back: ${named(event.back ?? hosts)}`,
    "rolled-back": `${name} is back at the release before`,
  };
  return [said[state]];
}

/** The batch that matters now and what waits behind it, longest first; undefined when there is only one, or none yet. */
export function batchTexts({ batches }: FleetState, nowMs: number): readonly string[] | undefined {
  const at = batches.findLastIndex(({ step }) => step !== "waiting");
  const current = batches[at];
  if (current === undefined || batches.length < 2) return undefined;
  const { step, hosts, pause, atMs } = current;
  const name = `${at + 1} of ${batches.length}`;
  const rest = batches.slice(at + 1).flatMap((batch) => batch.hosts);
  const left = typeof pause === "number" ? Math.max(0, pause - (nowMs - atMs)) / 1000 : 0;
  const doing = {
    waiting: "",
    paused: pause === "ask" ? "waits for Enter" : `begins in ${formatDuration(left)}`,
    running: "runs",
    done: "is through",
    failed: "failed",
    "rolling-back": "goes back",
    "rolled-back": "went back",
  }[step];
  const waits = rest.length === 0 ? "" : `, ${plural(rest.length, "host")} wait`;
  return [
    `${name} ${doing}: ${named(hosts)}${rest.length === 0 ? "" : `, then ${named(rest)}`}`,
    `${name} ${doing}: ${named(hosts)}${waits}`,
    `${name} ${doing}: ${plural(hosts.length, "host")}${waits}`,
    `${name} ${doing}`,
  ];
}

function named(hosts: readonly string[]): string {
  const names = hosts.slice(0, NAMED).map(clean).join(" ");
  return hosts.length > NAMED ? `${names} and ${hosts.length - NAMED} more` : names;
}
