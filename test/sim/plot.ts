// How time grows with hosts, as a plot: time of the last and the median host and the seeder's copies over their number.
import { bestTime, type Run, timeAt } from "./report.ts";

const WIDTH = 720;
const HEIGHT = 380;
const MARGIN = { top: 44, right: 150, bottom: 48, left: 52 };
const BASE = 1;
/** Where a line is drawn, in F/u and in copies alike. */
const STEP = 0.05;

interface Line {
  readonly label: string;
  /** Told apart in print and by the colour-blind (Okabe and Ito). */
  readonly colour: string;
  readonly dash?: string;
  readonly of: (run: Run) => number;
}

const LINES: readonly Line[] = [
  { label: "last host", colour: "#d55e00", of: ({ result }) => timeAt(result, 1) },
  { label: "median host", colour: "#0072b2", of: ({ result }) => timeAt(result, 0.5) },
  { label: "seeder, copies", colour: "#009e73", of: ({ result }) => result.seederCopies },
  {
    label: "best possible",
    colour: "#666666",
    dash: "4 3",
    of: ({ hosts, pieces }) => bestTime(hosts, pieces),
  },
];

/** The plot as a whole SVG document; the axis of hosts is logarithmic. */
export function scalePlot(runs: readonly Run[], title: string): string {
  const counts = runs.map(({ hosts }) => hosts);
  const [least, most] = [Math.log10(Math.min(...counts)), Math.log10(Math.max(...counts))];
  const highest = Math.max(...runs.flatMap((run) => LINES.map(({ of }) => of(run))));
  const top = Math.ceil((highest + STEP / 2) / STEP) * STEP;
  const bottom = HEIGHT - MARGIN.bottom;
  const right = WIDTH - MARGIN.right;
  const x = (hosts: number) => {
    const share = most === least ? 0.5 : (Math.log10(hosts) - least) / (most - least);
    return (MARGIN.left + share * (right - MARGIN.left)).toFixed(1);
  };
  const y = (value: number) => (bottom - ((value - BASE) / (top - BASE)) * (bottom - MARGIN.top)).toFixed(1);
  const levels = Array.from(
    { length: Math.round((top - BASE) / STEP) + 1 },
    (_, index) => BASE + index * STEP,
  );
  const axis = [
    ...counts.map(
      (count) =>
        `<path class="grid" d="M${x(count)} ${MARGIN.top}V${bottom}"/><text x="${x(count)}" y="${bottom + 18}" text-anchor="middle">${count.toLocaleString("en")}</text>`,
    ),
    ...levels.map(
      (level) =>
        `<path class="grid" d="M${MARGIN.left} ${y(level)}H${right}"/><text x="${MARGIN.left - 8}" y="${Number(y(level)) + 4}" text-anchor="end">${level.toFixed(2)}</text>`,
    ),
    `<text x="${(MARGIN.left + right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">hosts</text>`,
    `<text x="${MARGIN.left}" y="${MARGIN.top - 10}">time over F/u; copies</text>`,
  ];
  const drawn = LINES.map(({ label, colour, dash, of }, index) => {
    const points = runs.map((run) => `${x(run.hosts)},${y(of(run))}`);
    const row = MARGIN.top + 8 + index * 20;
    const style = `stroke="${colour}"${dash === undefined ? "" : ` stroke-dasharray="${dash}"`}`;
    const dots = dash === undefined ? points.map((point) => dot(point, colour)) : [];
    return `<polyline points="${points.join(" ")}" fill="none" ${style} stroke-width="2"/>${dots.join("")}<path d="M${right + 16} ${row}h18" ${style} stroke-width="3"/><text x="${right + 40}" y="${row + 4}">${label}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<title>${title}</title>`,
    "<style>.grid{stroke:#ddd;fill:none}</style>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="20" font-size="14">${title}</text>`,
    ...axis,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

function dot(point: string, colour: string): string {
  const [x, y] = point.split(",");
  return `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`;
}
