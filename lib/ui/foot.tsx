/** @jsxRuntime classic */
// The lower lines of the screen: the swarm's health, what happened last, the keys.
import * as React from "react";
import type { FleetState } from "../swarm/state.ts";
import { formatClock, formatShare } from "./format.ts";
import { Line } from "./line.tsx";
import type { Overview } from "./overview.ts";
import { cleanLines, firstFitting, fit, widthOf, wrap } from "./text.ts";
import type { Theme } from "./theme.ts";

interface HealthProps {
  readonly state: FleetState;
  readonly numbers: Overview;
  readonly theme: Theme;
  readonly columns: number;
}

/** Does the swarm feed itself? Copies in reach, and how much the control host had to send. */
export function Health({ state, numbers, theme, columns }: HealthProps) {
  const { seederCopies, seederShare } = numbers;
  const { availability, torrent } = state;
  const copies = availability === undefined ? "" : `${availability.toFixed(1)} copies in reach`;
  const share = seederShare === undefined ? "" : formatShare(seederShare);
  const sent = seederCopies === undefined ? "" : `${seederCopies.toFixed(1)} copies`;
  const join = (...parts: string[]) => parts.filter((part) => part !== "").join(` ${theme.dot} `);
  const seeder = share === "" ? "" : `seeder sent ${sent}, ${share} of the upload`;
  const hash = torrent === undefined ? "" : `infohash ${torrent.infohash}`;
  const short = torrent === undefined ? "" : `infohash ${torrent.infohash.slice(0, 8)}`;
  const text = firstFitting(
    [
      join(copies, seeder, hash),
      join(copies, seeder, short),
      join(copies, seeder),
      join(copies, share === "" ? "" : `seeder ${share}`),
    ],
    columns - 9,
  );
  return <Line theme={theme} text={` ${theme.paint("dim", "swarm")}  ${text}`} />;
}

export interface LogLine {
  readonly text: string;
  readonly level: "info" | "warning" | "error";
}

/** The newest happenings as wrapped lines that fit `most`, newest last; a failure's reason is never cut short by an older one. */
export function logLines(
  state: FleetState,
  { theme, columns, most }: { readonly theme: Theme; readonly columns: number; readonly most: number },
): LogLine[] {
  const lines: LogLine[] = [];
  for (let at = state.log.length - 1; at >= 0 && lines.length < most; at -= 1) {
    const entry = state.log[at];
    if (entry === undefined) break;
    const time = formatClock((entry.atMs - state.startedAtMs) / 1000);
    const indent = time.length + 3;
    const wrapped = cleanLines(entry.text).flatMap((line, index) =>
      wrap(
        `${index === 0 ? `${time} ${theme.mark[entry.level]} ` : " ".repeat(indent)}${line}`,
        columns - 2,
        indent,
      ),
    );
    if (lines.length > 0 && lines.length + wrapped.length > most) break;
    lines.unshift(...wrapped.slice(0, most).map((text) => ({ text, level: entry.level })));
  }
  return lines;
}

const LEVEL_STYLES = { info: undefined, warning: "yellow", error: "red" } as const;

export function Log({ lines, theme }: { readonly lines: readonly LogLine[]; readonly theme: Theme }) {
  return lines.map(({ text, level }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
    <Line key={index} theme={theme} text={` ${theme.paint(LEVEL_STYLES[level], text)}`} />
  ));
}

interface KeysProps {
  readonly theme: Theme;
  readonly columns: number;
  readonly stopping: boolean;
  /** Whether keys reach us at all. */
  readonly keys: boolean;
  /** `slowest first, 1–13 of 100`; empty when all hosts are in sight. */
  readonly place: string;
  /** Whether Enter lets a run go on. */
  readonly paused?: boolean;
}

export function Keys({ theme, columns, stopping, keys, place, paused = false }: KeysProps) {
  const stop = stopping
    ? "stopping, Ctrl+C again leaves at once"
    : paused
      ? "Enter goes on   q stops"
      : "q stops";
  const left = !keys
    ? place
    : firstFitting(
        place === ""
          ? [stop]
          : [`${stop}   ${theme.scroll} PgUp PgDn Home End scroll`, `${stop}   ${theme.scroll} scroll`, stop],
        columns - 3 - widthOf(place),
      );
  if (!keys || place === "")
    return <Line theme={theme} text={` ${theme.paint(stopping || paused ? "yellow" : "dim", left)}`} />;
  const gap = " ".repeat(Math.max(1, columns - 2 - widthOf(left) - widthOf(place)));
  return (
    <Line
      theme={theme}
      text={` ${theme.paint(stopping || paused ? "yellow" : "dim", left)}${theme.paint("dim", gap + fit(place, widthOf(place)))}`}
    />
  );
}
