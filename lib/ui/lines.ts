// A fleet as plain lines, for logs and for terminals that can't do better: a line when something changed.
import type { FleetEvent } from "../swarm/events.ts";
import { type FleetState, isFinal } from "../swarm/state.ts";
import { batchLines } from "./batch-text.ts";
import type { Reporter } from "./feed.ts";
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatEta,
  formatPercent,
  formatRate,
  formatShare,
  plural,
} from "./format.ts";
import { type Overview, overview } from "./overview.ts";
import { hostResult } from "./results.ts";
import { clean, cleanLines } from "./text.ts";
import type { Theme } from "./theme.ts";

const PROGRESS_EVERY_MS = 5000;
const PROGRESS_STEP = 0.1;
const NAMED_HOSTS = 3;

export interface LinesOptions {
  /** Also detail notes and every change of status. */
  readonly verbose: boolean;
  readonly theme: Theme;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
}

/** Writes what happens as lines that begin with the time since the start; never results, which go elsewhere. */
export function linesReporter({ verbose, theme, write }: LinesOptions): Reporter {
  let shown = { atMs: 0, fraction: 0, text: "" };
  let latest: FleetState | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;

  const say = (state: FleetState, text: string, fraction: number) => {
    clearTimeout(later);
    later = undefined;
    const repeated = text === shown.text;
    shown = { atMs: state.atMs, fraction, text };
    if (!repeated) write(`${stamp(state)} ${text}`);
  };
  const progress = (event: FleetEvent, state: FleetState) => {
    // Adding up is worth a look at every host, so only where something may be said.
    const due = state.atMs - shown.atMs >= PROGRESS_EVERY_MS;
    const distributing = state.phase === "distribute";
    if (event.type === "progress" || (event.type === "status" && distributing)) {
      const numbers = overview(state);
      const moved = numbers.fraction - shown.fraction >= PROGRESS_STEP || numbers.fraction < shown.fraction;
      const complete = numbers.fraction === 1 && shown.fraction < 1;
      if (due || moved || complete) say(state, bytesText(numbers, state), numbers.fraction);
      else if (distributing) laterSay();
    } else if (event.type === "status" && due) {
      say(state, hostsText(overview(state), state), shown.fraction);
    }
  };
  // When a host hangs nothing happens any more: the last that did must not stay untold.
  const laterSay = () => {
    later ??= setTimeout(() => {
      later = undefined;
      if (latest?.phase !== "distribute") return;
      const numbers = overview(latest);
      say({ ...latest, atMs: Date.now() }, bytesText(numbers, latest), numbers.fraction);
    }, PROGRESS_EVERY_MS);
  };

  return {
    event(event, state) {
      if (shown.atMs === 0) shown = { ...shown, atMs: event.atMs };
      latest = state;
      for (const line of eventLines(event, state, { verbose, theme })) write(`${stamp(state)} ${line}`);
      progress(event, state);
    },
    end() {
      clearTimeout(later);
    },
  };
}

/** Writes warnings and failures and nothing else: for scripts whose results speak for the rest. */
export function troublesReporter({ verbose, theme, write }: LinesOptions): Reporter {
  return {
    event(event, state) {
      const trouble = event.type === "failed" || (event.type === "note" && event.level === "warning");
      if (!trouble && !verbose) return;
      for (const line of eventLines(event, state, { verbose, theme })) write(line);
    },
    end() {},
  };
}

/** What `event` is worth in a log: no line, one, or one for each line of a command's output. */
export function eventLines(
  event: FleetEvent,
  state: FleetState,
  { verbose, theme }: { readonly verbose: boolean; readonly theme: Theme },
): string[] {
  switch (event.type) {
    case "plan":
      return [`${clean(event.title)}: ${plural(event.hosts.length, "host")}`];
    case "phase": {
      if (event.state === "start") return [`${event.phase} begins`];
      const times = state.phases[event.phase];
      const seconds = times === undefined ? 0 : (event.atMs - times.startedAtMs) / 1000;
      return [`${event.phase} done in ${formatDuration(seconds)}`];
    }
    case "torrent": {
      const size = `${formatBytes(event.totalBytes)} in ${plural(event.pieces, "piece")}`;
      return [
        `${event.release === undefined ? "payload" : clean(event.release)}: ${size}, infohash ${event.infohash}`,
      ];
    }
    case "status": {
      if (event.status === "ok") return [finalLine(event.host, state, theme)];
      if (!verbose && !isFinal(event.status)) return [];
      return [
        `${clean(event.host)}: ${event.status}${event.detail === undefined ? "" : `, ${clean(event.detail)}`}`,
      ];
    }
    case "failed": {
      // A run that stops skips all its hosts for one reason, and the summary says it.
      if (event.status === "skipped" && !verbose) return [];
      const error = clean(event.error.message);
      const prefix = `${event.host}: `;
      const reason = error.startsWith(prefix) ? error.slice(prefix.length) : error;
      const line = theme.paint(theme.style(event.status), `${clean(event.host)}: ${event.status}: ${reason}`);
      return event.error.hint === undefined ? [line] : [line, `  ${theme.arrow} ${clean(event.error.hint)}`];
    }
    case "output":
      return cleanLines(event.text).map((line) => `${clean(event.host)} | ${line}`);
    case "note": {
      if (event.level === "detail" && !verbose) return [];
      const text = `${event.host === undefined ? "" : `${clean(event.host)}: `}${clean(event.message)}`;
      return [event.level === "warning" ? theme.paint("yellow", `warning: ${text}`) : text];
    }
    case "batch":
      return batchLines(event);
    case "progress":
    case "release":
    case "sources":
    case "preview":
    case "summary":
      return [];
  }
}

function finalLine(name: string, state: FleetState, theme: Theme): string {
  const host = state.hosts.get(name);
  if (host === undefined) return `${clean(name)}: ok`;
  const { bytes, seconds } = hostResult(host, state.atMs);
  const what = bytes > 0 ? `${formatBytes(bytes)} in ` : "";
  return theme.paint("green", `${clean(name)}: ok, ${what}${formatDuration(seconds)}`);
}

function bytesText(numbers: Overview, state: FleetState): string {
  const { availability } = state;
  const { fraction, counts, hosts, bytesPerSecond, etaSeconds, seederShare } = numbers;
  const holding = counts.complete + counts.prepared + counts.active + counts.ok;
  return [
    `${formatPercent(fraction)}, ${holding} of ${plural(hosts, "host")} complete`,
    ...(fraction < 1 ? [formatRate(bytesPerSecond), `ETA ${formatEta(etaSeconds)}`] : []),
    availability === undefined ? "" : `${availability.toFixed(1)} copies in reach`,
    seederShare === undefined ? "" : `seeder's share ${formatShare(seederShare)}`,
    holding > 0 ? waitingFor(state) : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** The last few hosts by name: they are what everybody else waits for. */
function waitingFor({ hosts, torrent }: FleetState): string {
  const fetching = [...hosts.values()].filter(({ status }) => status === "fetching");
  if (fetching.length === 0 || fetching.length > NAMED_HOSTS) return "";
  const names = fetching.map(({ name, verified }) => {
    const share = torrent === undefined ? "" : ` (${formatPercent(verified / torrent.pieces)})`;
    return `${clean(name)}${share}`;
  });
  return `waiting for ${names.join(", ")}`;
}

function hostsText({ counts, hosts, finished }: Overview, { phase }: FleetState): string {
  const reached = hosts - counts.waiting - counts.connecting - counts.unreachable;
  return `${phase ?? "run"}: ${reached} of ${plural(hosts, "host")} reached, ${finished} finished`;
}

function stamp(state: FleetState): string {
  return `[${formatClock((state.atMs - state.startedAtMs) / 1000)}]`;
}
