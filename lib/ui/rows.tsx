/** @jsxRuntime classic */
// A row for a host: name, status, bar, percent, rate, and what else is to be said about it.
import * as React from "react";
import type { HostStatus } from "../swarm/events.ts";
import type { FleetState, HostState } from "../swarm/state.ts";
import { bar, formatPercent, formatRate, plural } from "./format.ts";
import { Line } from "./line.tsx";
import { verifiedFraction } from "./overview.ts";
import { clean, cut, fit, widthOf } from "./text.ts";
import type { Theme } from "./theme.ts";

interface Props {
  readonly state: FleetState;
  /** Names of the hosts to show, in order. */
  readonly names: readonly string[];
  readonly theme: Theme;
  readonly columns: number;
}

const STATUS_WIDTH = "unreachable".length;
const RATE_WIDTH = "99.9 MiB/s".length;
/** Statuses in which a bar says something. */
const WITH_BAR: ReadonlySet<HostStatus> = new Set([
  "ready",
  "fetching",
  "complete",
  "prepared",
  "active",
  "ok",
]);

export function Rows({ state, names, theme, columns }: Props) {
  const { domain, width } = nameColumn(state, columns);
  return names.map((name) => {
    const host = state.hosts.get(name);
    if (host === undefined) return null;
    const label = fit(clean(domain === "" ? name : name.slice(0, -domain.length)), width);
    return <Line key={name} theme={theme} text={rowText(host, state, { label, theme, columns })} />;
  });
}

/**
 * How names are shown: as they are where there is room, else without the domain all of them share; never wider than a
 * third of the screen.
 */
function nameColumn(
  { hosts }: FleetState,
  columns: number,
): { readonly domain: string; readonly width: number } {
  let longest = 4;
  let domain: string | undefined;
  for (const name of hosts.keys()) {
    longest = Math.max(longest, widthOf(clean(name)));
    const own = name.indexOf(".") > 0 ? name.slice(name.indexOf(".")) : "";
    domain = domain === undefined ? own : sharedTail(domain, own);
  }
  const most = Math.max(8, Math.floor(columns / 3) - 4);
  if (longest <= most || domain === undefined || domain === "")
    return { domain: "", width: Math.min(longest, most) };
  return { domain, width: Math.min(longest - widthOf(domain), most) };
}

/** Of `.eu.example.net` and `.us.example.net`: `.example.net`. */
function sharedTail(domain: string, other: string): string {
  let tail = domain;
  while (tail !== "" && !other.endsWith(tail)) {
    const dot = tail.indexOf(".", 1);
    tail = dot < 0 ? "" : tail.slice(dot);
  }
  return tail;
}

function rowText(
  host: HostState,
  state: FleetState,
  { label, theme, columns }: { readonly label: string; readonly theme: Theme; readonly columns: number },
): string {
  const fraction = verifiedFraction(host, state.torrent);
  const style = theme.style(host.status);
  const sign = theme.sign(host.status, fraction);
  const head = ` ${label} ${theme.paint(style, `${sign} ${fit(host.status, STATUS_WIDTH)}`)} `;
  const room = columns - widthOf(label) - STATUS_WIDTH - 5;
  if (host.error !== undefined) return head + theme.paint(style, cut(reason(host), room));
  if (state.torrent === undefined || !WITH_BAR.has(host.status)) {
    return head + theme.paint("dim", cut(clean(host.detail ?? ""), room));
  }
  const fetching = host.status === "fetching" || host.status === "ready";
  const note = clean(host.detail ?? (fetching ? plural(host.peers, "peer") : ""));
  // Bar, percent (6) and rate come first; what is left tells the note.
  const barWidth = Math.max(4, Math.min(40, Math.floor((room - 6) * 0.45), room - 6 - RATE_WIDTH - 2));
  const [full, empty] = bar(fraction, barWidth, theme.bar);
  const left = room - barWidth - 6;
  // A stall matters more than a rate of zero.
  const stalled = fetching && host.detail !== undefined && host.bytesPerSecond < 1 && left < RATE_WIDTH + 14;
  const rate = fetching && !stalled ? fit(formatRate(host.bytesPerSecond), RATE_WIDTH + 1, "right") : "";
  const rest = left - widthOf(rate) - 2;
  const tail = rest >= 6 ? `  ${theme.paint("dim", cut(note, rest))}` : "";
  return `${head}${theme.paint(style, full)}${theme.paint("dim", empty)}${formatPercent(fraction).padStart(6)}${rate}${tail}`;
}

function reason({ error, name }: HostState): string {
  const message = clean(error?.message ?? "");
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}
