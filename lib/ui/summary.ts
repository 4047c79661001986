// The text that stays when a run is over: what is now true, who failed and why, how long it took.
import { type HostResult, PHASES, type Summary } from "../swarm/events.ts";
import type { FleetState } from "../swarm/state.ts";
import { formatBytes, formatDuration, formatShare, plural } from "./format.ts";
import { overview } from "./overview.ts";
import { hostResults } from "./results.ts";
import { table } from "./table.ts";
import { clean, cleanLines, wrap } from "./text.ts";
import type { Theme } from "./theme.ts";

/** Up to this many hosts each gets a line in the summary even when all is well. */
const LISTED_HOSTS = 24;

interface Look {
  readonly theme: Theme;
  readonly width: number;
}

/**
 * The final summary as text with a line end; "" while `state` has none. `width` is where long reasons wrap; with
 * `listed` a small fleet's good hosts get a line each.
 */
export function summaryText(
  state: FleetState,
  { theme, width, listed = true }: Look & { readonly listed?: boolean },
): string {
  const { summary } = state;
  if (summary === undefined) return "";
  const results = hostResults(state);
  const good = summary.exitCode === 0;
  const [headline = "", ...more] = cleanLines(summary.outcome);
  const lines = [
    ...wrap(`${theme.sign(good ? "ok" : "failed")} ${headline}`, width, 2).map((line) =>
      theme.paint("bold", theme.paint(good ? "green" : "red", line)),
    ),
    ...more.flatMap((line) => wrap(line, width, 4)),
    ...[countLine(summary), timeLine(summary), swarmLine(state, theme)]
      .filter((line) => line !== "")
      .flatMap((line) => wrap(`  ${line}`, width, 2)),
    ...section(listed ? hostTable(results) : []),
    ...section(troubles(results, { theme, width })),
    ...section(skipped(results, { theme, width, headline })),
  ];
  return `${lines.map(theme.plain).join("\n")}\n`;
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function countLine({ ok, failed, unreachable, skipped: left }: Summary): string {
  const counts = [
    `${ok} ok`,
    failed > 0 ? `${failed} failed` : "",
    unreachable > 0 ? `${unreachable} unreachable` : "",
    left > 0 ? `${left} skipped` : "",
  ];
  return `${plural(ok + failed + unreachable + left, "host")}: ${counts.filter((it) => it !== "").join(", ")}`;
}

function timeLine({ seconds, release, bytes }: Summary): string {
  const parts = PHASES.filter((phase) => seconds[phase] > 0).map(
    (phase) => `${phase} ${formatDuration(seconds[phase])}`,
  );
  const what = [
    release === undefined ? "" : `release ${clean(release)}`,
    bytes > 0 ? formatBytes(bytes) : "",
  ];
  const head = what.filter((it) => it !== "").join(", ");
  const detail = parts.length === 0 ? "" : ` (${parts.join(", ")})`;
  return `${head === "" ? "" : `${head}, `}${formatDuration(seconds.total)} in all${detail}`;
}

function swarmLine(state: FleetState, { dot }: Theme): string {
  const { seederCopies, seederShare } = overview(state);
  if (state.torrent === undefined || seederCopies === undefined || seederShare === undefined) return "";
  const copies = `the seeder sent ${seederCopies.toFixed(1)} copies, ${formatShare(seederShare)} of the upload`;
  return `${copies} ${dot} infohash ${state.torrent.infohash}`;
}

function hostTable(results: readonly HostResult[]): string[] {
  const good = results.filter(({ status }) => status === "ok");
  if (good.length === 0 || results.length > LISTED_HOSTS) return [];
  const text = table(good, [
    { title: "", value: () => " " },
    { title: "", value: ({ host }) => clean(host) },
    { title: "", value: ({ status }) => status },
    { title: "", align: "right", value: ({ bytes }) => (bytes > 0 ? formatBytes(bytes) : "") },
    { title: "", align: "right", value: ({ seconds }) => formatDuration(seconds) },
  ]);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(1));
}

/** Every failed and unreachable host with its reason; a hint once after the hosts it helps. */
function troubles(results: readonly HostResult[], { theme, width }: Look): string[] {
  const bad = results.filter(({ status }) => status === "failed" || status === "unreachable");
  const key = ({ status, hint }: HostResult) => `${status} ${hint ?? ""}`;
  const groups = [...Map.groupBy(bad, key).values()];
  return groups.flatMap((group) => [
    ...group.flatMap(({ host, status, error }) => {
      const reason = withoutHost(clean(error ?? "no reason given"), host);
      const [first = "", ...rest] = wrap(`${theme.sign(status)} ${clean(host)}: ${reason}`, width, 4);
      return [theme.paint(theme.style(status), first), ...rest];
    }),
    ...(group[0]?.hint === undefined ? [] : wrap(`  ${theme.arrow} ${clean(group[0].hint)}`, width, 4)),
  ]);
}

/** Hosts that were left alone, by reason; the reason that already is the headline needs no second line. */
function skipped(
  results: readonly HostResult[],
  { theme, width, headline }: Look & { headline: string },
): string[] {
  const left = Map.groupBy(
    results.filter(({ status }) => status === "skipped"),
    ({ error, host }) => withoutHost(clean(error ?? "stopped because of others"), host),
  );
  return [...left].flatMap(([reason, hosts]) => {
    if (reason === headline) return [];
    const names = hosts.slice(0, LISTED_HOSTS).map(({ host }) => clean(host));
    const more = hosts.length > names.length ? ` and ${hosts.length - names.length} more` : "";
    return wrap(`${theme.sign("skipped")} skipped, ${reason}: ${names.join(" ")}${more}`, width, 4);
  });
}

function withoutHost(message: string, host: string): string {
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}
