// What was measured, a size and a number of hosts a row.
import { median } from "../swarm/table.ts";
import type { Outcome } from "./race.ts";

/** Medians as Markdown; the ratio is `auto`'s time over the better of the two. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const cells = Map.groupBy(outcomes, ({ hosts, sizeBytes }) => `${sizeBytes / 1e6} MB | ${hosts}`);
  const rows = [...cells].map(([cell, runs]) => {
    const times = (via: string, pick: (outcome: Outcome) => number) =>
      median(runs.filter((run) => run.via === via).map(pick));
    const part = (pick: (outcome: Outcome) => number) => {
      const [swarm, ssh, auto] = ["swarm", "ssh", "auto"].map((via) => times(via, pick)) as [
        number,
        number,
        number,
      ];
      return [seconds(swarm), seconds(ssh), seconds(auto), (auto / Math.min(swarm, ssh)).toFixed(2)];
    };
    const autos = runs.filter(({ via }) => via === "auto");
    const taken = autos.flatMap(({ reason }) => /^by (\w+)/.exec(reason ?? "")?.[1] ?? []);
    const words = [...new Set(taken)].map((way) => `${way} ${taken.filter((each) => each === way).length}`);
    const row = [
      cell,
      ...part(({ distributeMs }) => distributeMs),
      ...part(({ totalMs }) => totalMs).slice(3),
      words.join(", "),
    ];
    return `| ${row.join(" | ")} |`;
  });
  return [
    "| size | hosts | swarm | SSH | auto | auto / better | of the whole deploy | auto took |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
