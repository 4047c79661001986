// Hosts complete over time as a plot, without a library: a step line a contender, from its middle round.
import type { Outcome } from "./race.ts";
import { type Scale, summarize } from "./table.ts";

export interface PlotOptions {
  readonly title: string;
  readonly scale: Scale;
}

const WIDTH = 860;
const HEIGHT = 420;
const MARGIN = { top: 44, right: 170, bottom: 48, left: 56 };
/** Told apart in print and by the colour-blind (Okabe and Ito). */
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666", "#000000"];

/** The plot as a whole SVG document. Times are over F/u where there is one, else in seconds. */
export function completionPlot(
  contenders: readonly { readonly name: string; readonly title: string }[],
  outcomes: readonly Outcome[],
  { title, scale }: PlotOptions,
): string {
  const unitMs = scale.limitMs ?? 1000;
  const lines = contenders.flatMap(({ name, title: label }, index) => {
    const outcome = middleRound(
      outcomes.filter(({ contender }) => contender === name),
      scale,
    );
    if (outcome === undefined) return [];
    const times = outcome.hosts.flatMap(({ doneMs }) => (doneMs === undefined ? [] : doneMs / unitMs));
    return [
      { label, colour: COLOURS[index % COLOURS.length] ?? "#000", times: times.toSorted((a, b) => a - b) },
    ];
  });
  const hosts = Math.max(1, ...outcomes.map((outcome) => outcome.hosts.length));
  const longest = Math.max(1, ...lines.flatMap(({ times }) => times)) * 1.04;
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const x = (time: number) => (MARGIN.left + (time / longest) * inner.width).toFixed(1);
  const y = (count: number) => (MARGIN.top + (1 - count / hosts) * inner.height).toFixed(1);
  const bottom = y(0);
  const axis = [
    ...ticks(longest).map(
      (tick) =>
        `<path class="grid" d="M${x(tick)} ${MARGIN.top}V${bottom}"/><text x="${x(tick)}" y="${Number(bottom) + 18}" text-anchor="middle">${tick}</text>`,
    ),
    ...ticks(hosts)
      .filter(Number.isInteger)
      .map(
        (tick) =>
          `<path class="grid" d="M${MARGIN.left} ${y(tick)}H${x(longest)}"/><text x="${MARGIN.left - 8}" y="${Number(y(tick)) + 4}" text-anchor="end">${tick}</text>`,
      ),
    `<text x="${MARGIN.left + inner.width / 2}" y="${HEIGHT - 10}" text-anchor="middle">${
      scale.limitMs === undefined
        ? "seconds from the start of the processes"
        : "time from the start of the processes, over F/u"
    }</text>`,
    `<text x="${MARGIN.left}" y="${MARGIN.top - 10}">hosts that have the file</text>`,
    // Faster than this nobody can be.
    ...(scale.limitMs === undefined ? [] : [`<path class="limit" d="M${x(1)} ${MARGIN.top}V${bottom}"/>`]),
  ];
  const drawn = lines.map(({ label, colour, times }, index) => {
    const steps = times.map((time, done) => `H${x(time)}V${y(done + 1)}`).join("");
    const row = MARGIN.top + 8 + index * 20;
    const from = WIDTH - MARGIN.right + 16;
    return [
      `<path d="M${x(0)} ${bottom}${steps}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<path d="M${from} ${row}h18" stroke="${colour}" stroke-width="3"/><text x="${from + 24}" y="${row + 4}">${escaped(label)}</text>`,
    ].join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<title>${title}</title>`,
    "<style>.grid{stroke:#ddd;fill:none}.limit{stroke:#333;stroke-dasharray:4 3;fill:none}</style>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="20" font-size="14">${escaped(title)}</text>`,
    ...axis,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

/** Round numbers from 0 on, about six of them. */
export function ticks(longest: number): readonly number[] {
  const rough = longest / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? power;
  const count = Math.floor(longest / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

/** The round whose last host stands in the middle: one that happened, unlike a mean of several. */
function middleRound(rounds: readonly Outcome[], scale: Scale): Outcome | undefined {
  const byLast = rounds.toSorted((a, b) => summarize(a, scale).lastMs - summarize(b, scale).lastMs);
  return byLast[(byLast.length - 1) >> 1];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
