// A run that keeps a record of itself: in the history, and where it was asked for as metrics and as a report.
import { OpsError } from "../errors.ts";
import { checkWritable, writeBeside } from "../report/files.ts";
import { writeMetrics } from "../report/metrics.ts";
import { reportPage } from "../report/page.ts";
import { openStory, type Story } from "../report/story.ts";
import type { FleetFeed } from "../ui/feed.ts";
import { hostResults } from "../ui/results.ts";
import { type History, newRunId, openHistory } from "./open.ts";
import type { RunEnd, RunRecord, RunStart } from "./types.ts";

/** What is known of a run before it begins. */
export interface RecordedRun extends Omit<RunStart, "id" | "startedAt" | "hosts"> {
  /** Only looks: nothing is recorded. */
  readonly check?: boolean | undefined;
  /** A file for the HTML report. */
  readonly report?: string | undefined;
  /** A file for Prometheus' textfile collector. */
  readonly metrics?: string | undefined;
}

export interface KeepRecordOptions {
  /** Takes what went wrong with keeping it. */
  readonly warn: (text: string) => void;
  /** Takes what was written where. */
  readonly tell: (text: string) => void;
  /** The history's file, instead of the user's own. */
  readonly path?: string | undefined;
}

/** How long the last events of a run that is over may take to arrive. */
const LAST_EVENTS_MS = 2000;

/**
 * Follows a fleet from now on and writes it down when disposed, which is to be after the run. What can't be written
 * is told and stops nothing.
 * @throws OpsError `usage` when the report has no folder to be written in
 */
export function keepRecord(
  fleet: FleetFeed,
  wish: RecordedRun,
  { warn, tell, path }: KeepRecordOptions,
): AsyncDisposable {
  const { check = false, report, metrics, kind, app, environment, pattern, source, release, owner } = wish;
  if (check) return { [Symbol.asyncDispose]: async () => undefined };
  if (report !== undefined) checkWritable("--report", report);
  const { state } = fleet;
  const hosts = [...state.hosts.values()].map(({ name, group }) => ({ name, group }));
  const story = openStory(hosts, { startedAtMs: state.startedAtMs });
  const start: RunStart = {
    ...{ kind, app, environment, pattern, source, release, owner },
    id: newRunId(),
    startedAt: new Date(state.startedAtMs).toISOString(),
    hosts: hosts.map(({ name }) => name),
  };
  const attempt = <R>(work: () => R): R | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      warn(`${error.message}${error.hint === undefined ? "" : `\n  → ${error.hint}`}`);
      return undefined;
    }
  };
  let history: History | undefined = attempt(() => openHistory({ path }));
  /** One that can't be written now is told once. */
  const note = (work: (history: History) => void) => {
    const open = history;
    if (open === undefined) return;
    history = attempt(() => {
      work(open);
      return open;
    });
    if (history === undefined) open[Symbol.dispose]();
  };
  note((it) => it.begin(start));
  const follow = async () => {
    for await (const event of fleet.events()) {
      story.hear(event);
      if (event.type === "release") note((it) => it.chosen(start.id, event));
    }
  };
  const followed = follow();
  // Whoever disposes hears of it as well; without this it would count as unhandled before.
  followed.catch(() => undefined);

  return {
    [Symbol.asyncDispose]: async () => {
      // A run without a summary was given up by a bug: what it told so far is kept.
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, fleet.state.summary === undefined ? 0 : LAST_EVENTS_MS);
      await Promise.race([followed, patience.promise]);
      clearTimeout(timer);
      const told = story.tell();
      const end = endOf(start.id, fleet, told);
      note((it) => it.end(end));
      history?.[Symbol.dispose]();
      const record: RunRecord = { ...start, ...end };
      if (metrics !== undefined) attempt(() => writeMetrics(metrics, record));
      if (report !== undefined)
        attempt(() => {
          writeBeside(report, reportPage(record, told));
          tell(`report: ${report}`);
        });
    },
  };
}

function endOf(id: string, { state }: FleetFeed, { release }: Story): RunEnd {
  const { summary, torrent } = state;
  return {
    ...release,
    id,
    endedAt: new Date(summary === undefined ? Date.now() : state.atMs).toISOString(),
    outcome: summary?.outcome ?? "stopped by a bug in Rookery",
    exitCode: summary?.exitCode ?? 1,
    bytes: torrent?.totalBytes ?? 0,
    seconds: summary?.seconds ?? { total: (Date.now() - state.startedAtMs) / 1000 },
    hosts: hostResults(state).map(({ host, ...rest }) => ({ name: host, ...rest })),
  };
}
