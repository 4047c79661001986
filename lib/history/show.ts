// What happened, for people and for programs.
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "../options.ts";
import { formatDuration, plural } from "../ui/format.ts";
import { type Column, table } from "../ui/table.ts";
import { clean } from "../ui/text.ts";
import type { HostEntry } from "./journals.ts";
import type { RunFilter } from "./open.ts";
import type { RunRecord } from "./types.ts";

const HISTORY_FLAGS = {
  ...FLEET_FLAGS,
  app: { type: "text", value: "NAME", help: "only runs of this app" },
  host: {
    type: "text",
    value: "NAME",
    help: "only runs that this host was part of, and how they ended for it",
  },
  last: { type: "count", short: "n", value: "N", min: 1, help: "the newest so many (20)" },
  fromHosts: {
    type: "switch",
    help: "read the hosts' own journals over SSH, whoever deployed to them from wherever",
  },
} as const satisfies Record<string, Flag>;

export type HistoryOptions = Parsed<typeof HISTORY_FLAGS>;

const LAST = 20;
/** A sentence that is longer is cut; --json has all of it. */
const OUTCOME_WIDTH = 70;

/** Options of history.ts. */
export function historyOptions(argv: readonly string[]): HistoryOptions {
  return parseOptions(argv, {
    example: "bun scripts/history.ts prod --app shop",
    about:
      "Shows what was deployed, rolled back and distributed from this machine, newest first; with --from-hosts, what was\ndone on the hosts of an inventory, oldest first. Changes nothing.",
    words: "[INVENTORY]",
    maxWords: 1,
    flags: HISTORY_FLAGS,
  });
}

/** Which runs those options are about. */
export function runFilter({ inventory, words, app, host, last = LAST }: HistoryOptions): RunFilter {
  const environment = inventory.length > 0 ? inventory.join(",") : words[0];
  return { app, environment, host, limit: last };
}

/** Which of the hosts' entries those options are about: the newest of them, oldest first. */
export function chosenEntries(
  entries: readonly HostEntry[],
  { app, host, last = LAST }: HistoryOptions,
): readonly HostEntry[] {
  const right = (entry: HostEntry) =>
    (app === undefined || entry.app === app) && (host === undefined || entry.host === host);
  return entries.filter(right).slice(-last);
}

/** One row a run; with `host`, how it ended there. */
export function runsTable(
  runs: readonly RunRecord[],
  { host }: { readonly host?: string | undefined } = {},
): string {
  if (runs.length === 0) return "no runs\n";
  return plainTable(runs, [
    { title: "when (UTC)", value: ({ startedAt }) => clock(startedAt) },
    { title: "what", value: ({ kind }) => kind },
    { title: "app", value: ({ app }) => app },
    { title: "where", value: ({ environment }) => environment },
    { title: "release", value: ({ release, infohash }) => release ?? infohash?.slice(0, 12) ?? "–" },
    { title: "by", value: ({ owner }) => owner },
    { title: host ?? "hosts", value: (run) => (host === undefined ? hostsText(run) : hostText(run, host)) },
    {
      title: "took",
      align: "right",
      value: ({ seconds: { total } }) => (total === undefined ? "–" : formatDuration(total)),
    },
    { title: "", value: ({ exitCode, outcome }) => (exitCode === 0 ? "" : short(outcome)) },
  ]);
}

/** One row an entry. */
export function journalTable(entries: readonly HostEntry[]): string {
  if (entries.length === 0) return "no entries\n";
  return plainTable(entries, [
    { title: "when (UTC)", value: ({ at }) => clock(at, { seconds: true }) },
    { title: "host", value: ({ host }) => host },
    { title: "what", value: ({ event, outcome }) => (outcome === "ok" ? event : `${event}: ${outcome}`) },
    { title: "release", value: ({ release = "" }) => release },
    { title: "by", value: ({ by }) => by },
    {
      title: "login",
      value: ({ login = "", from }) => (from === undefined ? login : `${login} from ${from}`),
    },
    { title: "", value: (entry) => short(entryDetail(entry)) },
  ]);
}

/** Names and texts come from elsewhere: none of them is to move a cursor. */
function plainTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  return table(
    rows,
    columns.map((column) => ({ ...column, value: (row: Row) => clean(column.value(row)) })),
  );
}

/** One JSON object a line. */
export function jsonLines(type: "run" | "journal", rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify({ type, ...row })}\n`).join("");
}

function entryDetail({ previous, removed, detail }: HostEntry): string {
  if (detail !== undefined) return detail;
  if (removed !== undefined) return `removed ${removed.join(", ")}`;
  return previous === undefined ? "" : `was ${previous}`;
}

function hostsText({ hosts, exitCode }: RunRecord): string {
  const ok = hosts.filter(({ status }) => status === "ok").length;
  if (exitCode === undefined) return plural(hosts.length, "host");
  return ok === hosts.length ? `${ok} ok` : `${ok} of ${hosts.length} ok`;
}

function hostText({ hosts }: RunRecord, name: string): string {
  const host = hosts.find((each) => each.name === name);
  return host === undefined
    ? "–"
    : `${host.status}${host.error === undefined ? "" : `: ${short(host.error)}`}`;
}

function short(text: string): string {
  const [first = ""] = text.split("\n");
  return first.length > OUTCOME_WIDTH ? `${first.slice(0, OUTCOME_WIDTH - 1)}…` : first;
}

/** `2026-11-23 12:03`, and the seconds where asked for. */
function clock(iso: string, { seconds = false } = {}): string {
  return iso.slice(0, seconds ? 19 : 16).replace("T", " ");
}
