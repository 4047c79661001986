/** @jsxRuntime classic */
// The upper lines of the screen: what runs, how far it is, its stages, and hosts by status.
import * as React from "react";
import type { HostStatus } from "../swarm/events.ts";
import type { FleetState } from "../swarm/state.ts";
import {
  bar,
  formatBytes,
  formatClock,
  formatDuration,
  formatEta,
  formatPercent,
  formatRate,
  plural,
} from "./format.ts";
import { Line } from "./line.tsx";
import type { Overview } from "./overview.ts";
import { phaseLines } from "./phases.ts";
import { clean, cut, firstFitting, widthOf } from "./text.ts";
import type { Theme } from "./theme.ts";

interface Props {
  readonly state: FleetState;
  readonly numbers: Overview;
  readonly theme: Theme;
  readonly columns: number;
  readonly nowMs: number;
}

/** Title at the left, time since the start at the right. */
export function Title({ state, theme, columns, nowMs }: Props) {
  const clock = formatClock((nowMs - state.startedAtMs) / 1000);
  const size = state.torrent === undefined ? "" : ` ${theme.dot} ${formatBytes(state.torrent.totalBytes)}`;
  const room = columns - clock.length - 3;
  const title = cut(clean(state.title), room - size.length);
  const space = " ".repeat(Math.max(1, room - widthOf(title) - size.length + 1));
  return (
    <Line
      theme={theme}
      text={` ${theme.paint("bold", title)}${theme.paint("dim", size)}${space}${theme.paint("bold", clock)} `}
    />
  );
}

/** The bar over all hosts. */
export function OverallBar({ numbers, theme, columns }: Props) {
  const { fraction, verifiedBytes, totalBytes, bytesPerSecond, etaSeconds, finished, hosts } = numbers;
  const percent = formatPercent(fraction).padStart(5);
  const moving = totalBytes > 0 && fraction < 1;
  const speed = moving
    ? `  ${formatRate(bytesPerSecond).padStart(10)}  ETA ${formatEta(etaSeconds).padEnd(7)}`
    : "";
  const amount =
    totalBytes > 0
      ? `  ${formatBytes(verifiedBytes)} of ${formatBytes(totalBytes)}`
      : `  ${finished} of ${plural(hosts, "host")}`;
  const text = firstFitting([`${percent}${amount}${speed}`, `${percent}${speed}`, percent], columns - 14);
  const [full, empty] = bar(fraction, Math.min(80, columns - widthOf(text) - 3), theme.bar);
  const style = finished === hosts && fraction === 1 ? "green" : "cyan";
  return (
    <Line
      theme={theme}
      text={` ${theme.paint(style, full)}${theme.paint("dim", empty)} ${theme.paint("bold", text.slice(0, 5))}${text.slice(5)}`}
    />
  );
}

/** `✓ pack 0.8 s  ▸ distribute 14 s  · activate`; only what runs where there is no room for more. */
export function Phases({ state, theme, columns, nowMs }: Props) {
  const lines = phaseLines(state, nowMs);
  const text = (timed: boolean, gap: string, shown = lines) =>
    shown
      .map(({ phase, state: it, seconds }) => {
        const time = it === "running" || (timed && it === "done") ? ` ${formatDuration(seconds)}` : "";
        if (it === "done") return `${theme.paint("green", theme.done)} ${phase}${theme.paint("dim", time)}`;
        if (it === "running") return theme.paint("bold", `${theme.running} ${phase}${time}`);
        return theme.paint("dim", `${theme.ahead} ${phase}`);
      })
      .join(gap);
  const running = lines.filter(({ state: it }) => it === "running");
  const variants = [text(true, "   "), text(true, "  "), text(false, "  "), text(false, " ")];
  const line = firstFitting([...variants, text(false, " ", running)], columns - 2);
  return <Line theme={theme} text={` ${line}`} />;
}

/** Hosts by status, which is also what the signs mean. */
export function Counts({ numbers, theme, columns }: Props) {
  const present = (Object.entries(numbers.counts) as [HostStatus, number][]).filter(([, count]) => count > 0);
  const text = (gap: string, word: (status: HostStatus) => string) =>
    present
      .map(([status, count]) =>
        theme.paint(theme.style(status), `${theme.sign(status)} ${count}${word(status)}`),
      )
      .join(gap);
  const line = firstFitting(
    [
      text("   ", (status) => ` ${status}`),
      text("  ", (status) => ` ${status}`),
      text("  ", (it) => ` ${it.slice(0, 4)}`),
      text(" ", () => ""),
    ],
    columns - 2,
  );
  return <Line theme={theme} text={` ${line}`} />;
}
