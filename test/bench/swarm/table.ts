// Outcomes as numbers a reader compares, and as a table.
import type { Outcome } from "./race.ts";

export interface Summary {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly lastMs: number;
  readonly firstPieceMs: number | undefined;
  readonly seederCopies: number;
  readonly cpuPerGb: number;
  readonly peakBytes: number;
  readonly machineBusy: number;
  /** Hosts that should have the file, and don't. */
  readonly failed: number;
}

interface Scale {
  readonly limitMs: number;
  readonly sizeBytes: number;
}

const MIB = 1024 * 1024;

export function summarize(outcome: Outcome, { sizeBytes }: Scale): Summary {
  const counted = outcome.hosts.filter(({ apart }) => !apart);
  const times = counted.map(({ doneMs = Number.POSITIVE_INFINITY }) => doneMs);
  const firstPieces = counted.flatMap(({ firstPieceMs }) => firstPieceMs ?? []);
  const arrived = outcome.hosts.filter(({ right }) => right).length;
  return {
    firstMs: Math.min(...times),
    medianMs: median(times),
    lastMs: Math.max(...times),
    firstPieceMs: firstPieces.length === 0 ? undefined : Math.min(...firstPieces),
    seederCopies: outcome.seederCopies,
    cpuPerGb: outcome.cpuSeconds / ((arrived * sizeBytes) / 1e9),
    peakBytes: outcome.peakBytes,
    machineBusy: outcome.machineBusy,
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
  { round, limitMs }: { readonly round: number; readonly limitMs: number },
): string {
  const { lastMs, medianMs, failed, seederCopies, machineBusy } = summarize(outcome, {
    limitMs,
    sizeBytes: 1,
  });
  const trouble = failed > 0 ? `, ${failed} hosts without the file` : "";
  return `round ${round + 1} ${outcome.contender}: last ${ratio(lastMs, limitMs)}, median ${ratio(medianMs, limitMs)} x F/u, seeder ${seederCopies.toFixed(2)} copies, machine ${percent(machineBusy)} busy${trouble}${outcome.trouble === undefined ? "" : ` (${outcome.trouble})`}`;
}

const TITLES = [
  "",
  "first",
  "median",
  "last host",
  "tail",
  "first piece",
  "seeder",
  "CPU s/GB",
  "memory",
  "machine",
  "failed",
];

/** Medians over the rounds, a contender a row, as Markdown. */
export function tableOf(
  contenders: readonly { readonly name: string; readonly title: string }[],
  outcomes: readonly Outcome[],
  scale: Scale,
): string {
  const rows = contenders.map(({ name, title }) => {
    const rounds = outcomes
      .filter(({ contender }) => contender === name)
      .map((each) => summarize(each, scale));
    const middle = (pick: (summary: Summary) => number) => median(rounds.map(pick));
    const pieces = rounds.flatMap(({ firstPieceMs }) => firstPieceMs ?? []);
    return [
      title,
      ratio(
        middle(({ firstMs }) => firstMs),
        scale.limitMs,
      ),
      ratio(
        middle(({ medianMs }) => medianMs),
        scale.limitMs,
      ),
      ratio(
        middle(({ lastMs }) => lastMs),
        scale.limitMs,
      ),
      percent(middle(({ lastMs, medianMs }) => lastMs / medianMs - 1)),
      pieces.length === 0 ? "–" : `${(median(pieces) / 1000).toFixed(2)} s`,
      `${middle(({ seederCopies }) => seederCopies).toFixed(2)} copies`,
      middle(({ cpuPerGb }) => cpuPerGb).toFixed(1),
      `${(middle(({ peakBytes }) => peakBytes) / MIB).toFixed(0)} MiB`,
      percent(middle(({ machineBusy }) => machineBusy)),
      String(rounds.reduce((sum, { failed }) => sum + failed, 0)),
    ];
  });
  return [TITLES, TITLES.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function ratio(ms: number, limitMs: number): string {
  return Number.isFinite(ms) ? (ms / limitMs).toFixed(2) : "never";
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : "–";
}
