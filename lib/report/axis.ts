// The time axis that all pictures of a report share.
import { formatBytes } from "../ui/format.ts";
import { html, type Markup } from "./html.ts";
import type { Story } from "./story.ts";

export interface Axis {
  /** How far along `atMs` is, in percent of the whole run. */
  at(atMs: number): number;
  readonly totalMs: number;
  readonly ticks: readonly { readonly percent: number; readonly label: string }[];
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000,
];
const MAX_TICKS = 6;

export function axisOf({ startedAtMs, endedAtMs }: Pick<Story, "startedAtMs" | "endedAtMs">): Axis {
  const totalMs = Math.max(1, endedAtMs - startedAtMs);
  let step = STEPS_MS.find((each) => totalMs / each <= MAX_TICKS) ?? 300_000;
  while (totalMs / step > MAX_TICKS) step *= 2;
  const ticks = [];
  for (let ms = 0; ms <= totalMs * 0.97; ms += step)
    ticks.push({ percent: (ms / totalMs) * 100, label: label(ms, step) });
  return {
    totalMs,
    ticks,
    at: (atMs) => Math.min(100, Math.max(0, ((atMs - startedAtMs) / totalMs) * 100)),
  };
}

function label(ms: number, step: number): string {
  if (step >= 60_000) return `${ms / 60_000} min`;
  const digits = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
  return `${(ms / 1000).toFixed(digits)} s`;
}

/** The ticks' texts, to stand under a picture. */
export function axisLabels({ ticks }: Axis): Markup {
  return html`<div class="axis" aria-hidden="true">${ticks.map(
    ({ percent, label: text }) => html`<span style="left:${percent}%">${text}</span>`,
  )}</div>`;
}

/** A picture `height` units high whose width is the run's time, 0 to 100; `lines` are drawn at the ticks. */
export function chart(
  axis: Axis,
  { height, label: text, body }: { height: number; label: string; body: Markup },
): Markup {
  const lines = axis.ticks.map(
    ({ percent }) => html`<line x1="${percent}" x2="${percent}" y1="0" y2="${height}"/>`,
  );
  return html`<svg class="chart" viewBox="0 0 100 ${height}" preserveAspectRatio="none" role="img" aria-label="${text}"><g class="grid">${lines}</g>${body}</svg>`;
}

/** A rate for people, bytes a second. */
export function rateText(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}
