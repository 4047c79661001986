// Outcomes as numbers a reader compares, and as a table.
import type { Outcome } from "./race.ts";

export interface Summary {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly lastMs: number;
  readonly firstPieceMs: number | undefined;
  /** Per GB (10^9 bytes) of the file that arrived at hosts. */
  readonly cpuPerGb: number;
  /** Hosts that should have the file, and don't. */
  readonly failed: number;
}

export interface Scale {
  /** The time that none can be faster than; undefined where nothing limits. */
  readonly limitMs: number | undefined;
  readonly sizeBytes: number;
}

const MIB = 1024 * 1024;

/** The odd host's own times are left out. */
export function summarize(outcome: Outcome, { sizeBytes }: Scale): Summary {
  const counted = outcome.hosts.filter(({ odd }) => !odd);
  const times = counted.map(({ doneMs = Number.POSITIVE_INFINITY }) => doneMs);
  const firstPieces = counted.flatMap(({ firstPieceMs }) => firstPieceMs ?? []);
  const arrived = outcome.hosts.filter(({ right }) => right).length;
  return {
    firstMs: Math.min(...times),
    medianMs: median(times),
    lastMs: Math.max(...times),
    firstPieceMs: firstPieces.length === 0 ? undefined : median(firstPieces),
    cpuPerGb: outcome.cpuSeconds / ((arrived * sizeBytes) / 1e9),
    failed: counted.filter(({ right }) => !right).length,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** One run as a line, told as it ends. */
export function outcomeLine(
  outcome: Outcome,
  { round, scale }: { readonly round: number; readonly scale: Scale },
): string {
  const { lastMs, medianMs, failed } = summarize(outcome, scale);
  const parts = [
    `last ${time(lastMs, scale)}, median ${time(medianMs, scale)}`,
    `seeder ${outcome.seederCopies.toFixed(2)} copies`,
    `machine ${percent(outcome.machineBusy)} busy (${percent(outcome.ownBusy)} by the peers)`,
    ...outcome.hosts
      .filter(({ odd, doneMs }) => odd && doneMs !== undefined)
      .map(({ name, doneMs = Number.NaN }) => `${name} itself ${time(doneMs, scale)}`),
    ...outcome.events.map(({ what, ms }) => `${what} at ${time(ms, scale)}`),
    ...(failed > 0 ? [`${failed} hosts without the file`] : []),
    ...(outcome.trouble === undefined ? [] : [outcome.trouble]),
  ];
  return `round ${round + 1}, ${outcome.contender}: ${parts.join(", ")}`;
}

/** Too short a time says nothing: some clients tell of their first piece half a second late. */
const MOVING_MS = 1500;

function movingMs({ lastMs, firstPieceMs = Number.NaN }: Summary): number {
  return lastMs - firstPieceMs > MOVING_MS ? lastMs - firstPieceMs : Number.NaN;
}

interface Row extends Summary {
  readonly outcome: Outcome;
}

/** Column title → its value in one row's rounds. */
function columns(scale: Scale): Readonly<Record<string, (rounds: readonly Row[]) => string>> {
  const middle = (rounds: readonly Row[], pick: (row: Row) => number) => median(rounds.map(pick));
  const timed = (pick: (row: Row) => number) => (rounds: readonly Row[]) => time(middle(rounds, pick), scale);
  const speed = (ms: number) => `${(scale.sizeBytes / 1e3 / ms).toFixed(0)}`;
  const firstPiece = (rounds: readonly Row[]) =>
    median(rounds.flatMap(({ firstPieceMs }) => firstPieceMs ?? []));
  return {
    "first host": timed(({ firstMs }) => firstMs),
    median: timed(({ medianMs }) => medianMs),
    "last host": timed(({ lastMs }) => lastMs),
    ...(scale.limitMs === undefined
      ? {
          "MB/s": (rounds) => speed(middle(rounds, ({ lastMs }) => lastMs)),
          "MB/s after the first piece": (rounds) => orDash(middle(rounds, movingMs), speed),
        }
      : { tail: (rounds) => percent(middle(rounds, ({ lastMs, medianMs }) => lastMs / medianMs - 1)) }),
    "first piece": (rounds) => orDash(firstPiece(rounds), (ms) => `${(ms / 1000).toFixed(2)} s`),
    "seeder, copies": (rounds) => middle(rounds, ({ outcome }) => outcome.seederCopies).toFixed(2),
    "across, copies": (rounds) =>
      orDash(
        middle(rounds, ({ outcome }) => outcome.crossedCopies ?? Number.NaN),
        (copies) => copies.toFixed(2),
      ),
    "CPU s/GB": (rounds) =>
      orDash(
        middle(rounds, ({ cpuPerGb }) => cpuPerGb),
        (value) => value.toFixed(1),
      ),
    "peak memory": (rounds) => `${(middle(rounds, ({ outcome }) => outcome.peakBytes) / MIB).toFixed(0)} MiB`,
    "machine busy": (rounds) => percent(middle(rounds, ({ outcome }) => outcome.machineBusy)),
    "by the peers": (rounds) => percent(middle(rounds, ({ outcome }) => outcome.ownBusy)),
    failed: (rounds) => String(rounds.reduce((sum, { failed }) => sum + failed, 0)),
  };
}

/** Medians over the rounds, a contender a row, as Markdown. Columns that say nothing are left out. */
export function tableOf(
  contenders: readonly { readonly name: string; readonly title: string }[],
  outcomes: readonly Outcome[],
  scale: Scale,
): string {
  const cells = contenders.map(({ name, title }) => {
    const rounds = outcomes
      .filter(({ contender }) => contender === name)
      .map((outcome): Row => ({ outcome, ...summarize(outcome, scale) }));
    return [title, ...Object.values(columns(scale)).map((cell) => cell(rounds))];
  });
  const titles = ["", ...Object.keys(columns(scale))];
  const told = titles.map((_, column) => column === 0 || cells.some((row) => row[column] !== "–"));
  return [titles, titles.map(() => "---"), ...cells]
    .map((row) => `| ${row.filter((_, column) => told[column]).join(" | ")} |`)
    .join("\n");
}

function time(ms: number, { limitMs }: Scale): string {
  if (!Number.isFinite(ms)) return "never";
  return limitMs === undefined ? `${(ms / 1000).toFixed(2)} s` : (ms / limitMs).toFixed(2);
}

function percent(share: number): string {
  return orDash(share, (value) => `${Math.round(value * 100)} %`);
}

function orDash(value: number, text: (value: number) => string): string {
  return Number.isFinite(value) ? text(value) : "–";
}
