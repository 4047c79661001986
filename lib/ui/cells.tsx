/** @jsxRuntime classic */
// Many hosts in few lines: a cell each, by inventory group, or a bar for each group when even cells are too many.
import * as React from "react";
import type { HostStatus } from "../swarm/events.ts";
import type { FleetState, HostState } from "../swarm/state.ts";
import { bar, formatPercent } from "./format.ts";
import { cellColumns, type Layout } from "./layout.ts";
import { Line } from "./line.tsx";
import { byGroup } from "./order.ts";
import { verifiedFraction } from "./overview.ts";
import { clean, cut, fit, widthOf } from "./text.ts";
import type { Theme } from "./theme.ts";

interface Props {
  readonly state: FleetState;
  readonly view: Layout["overflow"];
  readonly rows: number;
  readonly labelWidth: number;
  readonly theme: Theme;
  readonly columns: number;
}

export function Cells({ state, view, rows, labelWidth, theme, columns }: Props) {
  if (view === "none") return null;
  const groups = byGroup(state.hosts.values());
  const lines =
    view === "bars"
      ? barLines(groups, state, { rows, labelWidth, theme, columns })
      : view === "flow"
        ? cellLines([...groups.values()].flat(), cellColumns(columns, 0), { state, theme }).map(
            (line) => ` ${line}`,
          )
        : [...groups].flatMap(([group, hosts]) =>
            cellLines(hosts, cellColumns(columns, labelWidth), { state, theme }).map((line, index) => {
              const label = fit(index === 0 ? clean(group) : "", labelWidth);
              return ` ${theme.paint("dim", label)} ${line}`;
            }),
          );
  return lines.map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
    <Line key={index} theme={theme} text={line} />
  ));
}

function cellLines(
  hosts: readonly HostState[],
  perLine: number,
  { state, theme }: { readonly state: FleetState; readonly theme: Theme },
): string[] {
  const lines: string[] = [];
  for (let at = 0; at < hosts.length; at += perLine)
    lines.push(cells(hosts.slice(at, at + perLine), state, theme));
  return lines;
}

/** One sign a host; neighbours of one status share their colour codes, which keeps lines short. */
function cells(hosts: readonly HostState[], state: FleetState, theme: Theme): string {
  let text = "";
  let run = "";
  let status: HostStatus | undefined;
  const flush = () => {
    if (status !== undefined) text += theme.paint(theme.style(status), run);
    run = "";
  };
  for (const host of hosts) {
    if (host.status !== status) flush();
    status = host.status;
    run += theme.sign(host.status, verifiedFraction(host, state.torrent));
  }
  flush();
  return text;
}

function barLines(
  groups: ReadonlyMap<string, readonly HostState[]>,
  state: FleetState,
  { rows, labelWidth, theme, columns }: Omit<Props, "state" | "view">,
): string[] {
  const all = [...groups];
  const whole = all.length <= rows;
  const lines = all.slice(0, whole ? rows : rows - 1).map(([group, hosts]) => {
    const counts = statusCounts(hosts, theme);
    const width = Math.max(6, Math.min(40, columns - labelWidth - 28));
    const fraction =
      hosts.reduce((sum, host) => sum + verifiedFraction(host, state.torrent), 0) / hosts.length;
    const [full, empty] = bar(fraction, width, theme.bar);
    const head = ` ${theme.paint("dim", fit(clean(group), labelWidth))} ${theme.paint("cyan", full)}${theme.paint("dim", empty)}`;
    const used = labelWidth + width + 2;
    const text = `${formatPercent(fraction).padStart(6)}  ${counts}`;
    return head + (widthOf(text) <= columns - used ? text : cut(text, columns - used));
  });
  return whole ? lines : [...lines, theme.paint("dim", ` and ${all.length - rows + 1} more groups`)];
}

function statusCounts(hosts: readonly HostState[], theme: Theme): string {
  const counts = [...Map.groupBy(hosts, (host) => host.status)];
  return counts
    .map(([status, { length }]) => theme.paint(theme.style(status), `${theme.sign(status)}${length}`))
    .join(" ");
}
