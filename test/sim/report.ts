// Simulated swarms as a table.
import type { Simulated } from "./simulate.ts";

/** A swarm and what it cost to simulate it. */
export interface Run {
  readonly hosts: number;
  readonly pieces: number;
  readonly blocksAChunk: number;
  readonly result: Simulated;
  readonly wallSeconds: number;
}

/** How often peers come back to the tracker, and when they have all come: lib/tracker/start.ts. */
const ANNOUNCE_SECONDS = 10;

/** Time at `share` of the hosts, in F/u. */
export function timeAt({ doneMs, limitMs }: Simulated, share: number): number {
  const place = Math.min(doneMs.length - 1, Math.floor(share * doneMs.length));
  return (doneMs[place] ?? Number.POSITIVE_INFINITY) / limitMs;
}

/**
 * What N hosts with equal links need at best for M pieces, in F/u.
 * @see https://arxiv.org/abs/cs/0606110 (Mundinger, Weber, Weiss: Optimal scheduling of peer-to-peer file dissemination)
 */
export function bestTime(hosts: number, pieces: number): number {
  return 1 + Math.floor(Math.log2(hosts)) / pieces;
}

const COLUMNS: Readonly<Record<string, (run: Run) => string>> = {
  hosts: ({ hosts }) => hosts.toLocaleString("en"),
  "first host": ({ result }) => timeAt(result, 0).toFixed(2),
  median: ({ result }) => timeAt(result, 0.5).toFixed(2),
  "last host": ({ result }) => timeAt(result, 1).toFixed(2),
  "best possible": ({ hosts, pieces }) => bestTime(hosts, pieces).toFixed(3),
  "seeder, copies": ({ result }) => result.seederCopies.toFixed(2),
  "links a host": ({ result }) => result.links.toFixed(1),
  "HAVEs a host": ({ result }) => Math.round(result.haves).toLocaleString("en"),
  "requests a host": ({ result }) => Math.round(result.requests).toLocaleString("en"),
  "sent twice": ({ result }) => `${(100 * result.repeated).toFixed(2)} %`,
  "announces/s": ({ hosts }) => Math.ceil(hosts / ANNOUNCE_SECONDS).toLocaleString("en"),
  "blocks a step": ({ blocksAChunk }) => String(blocksAChunk),
  "simulated in": ({ wallSeconds }) => `${wallSeconds.toFixed(0)} s`,
};

/** A table in Markdown, a line a swarm. */
export function simulationTable(runs: readonly Run[]): string {
  const titles = Object.keys(COLUMNS);
  return [
    `| ${titles.join(" | ")} |`,
    `|${titles.map(() => " ---: |").join("")}`,
    ...runs.map(
      (run) =>
        `| ${Object.values(COLUMNS)
          .map((column) => column(run))
          .join(" | ")} |`,
    ),
  ].join("\n");
}
