// What was measured, a tool and a number of hosts a row.
import { median } from "../swarm/table.ts";
import type { Measured } from "./measure.ts";

const MIB = 1024 * 1024;

/** Medians as Markdown; the ratio is the tool's time over that of the first tool measured, Rookery. */
export function tableOf(all: readonly Measured[]): string {
  const rows = [...Map.groupBy(all, ({ hosts }) => hosts)].flatMap(([hosts, runs]) => {
    const tools = [...Map.groupBy(runs, ({ contender }) => contender)];
    const [first] = tools;
    const base = median((first?.[1] ?? []).map(({ wallSeconds }) => wallSeconds));
    const baseCpu = median((first?.[1] ?? []).map(({ cpuMs }) => cpuMs));
    return tools.map(([name, own]) => {
      const of = (pick: (measured: Measured) => number) => median(own.map(pick));
      const wall = of(({ wallSeconds }) => wallSeconds);
      const cpu = of(({ cpuMs }) => cpuMs);
      const ratios = name === first?.[0] ? ["", ""] : [times(wall / base), times(cpu / baseCpu)];
      const memory = `${(of(({ peakBytes }) => peakBytes) / MIB).toFixed(0)} MiB`;
      const cells = [
        hosts.toLocaleString("en"),
        name,
        `${wall.toFixed(2)} s`,
        `${cpu.toFixed(1)} ms`,
        memory,
      ];
      return `| ${[...cells, ...ratios].join(" | ")} |`;
    });
  });
  return [
    "| Hosts | Tool | from start to end | CPU a host | memory | time, Rookery = 1 | CPU, Rookery = 1 |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)}×`;
}
