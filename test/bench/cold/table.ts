// What was measured, a way a row.
import type { Outcome } from "./warm-up.ts";

export const WAYS = [
  { key: "one-raw", way: "raw", all: false, text: "one host, as it is" },
  { key: "one", way: "packed", all: false, text: "one host, packed" },
  { key: "spread", way: "spread", all: true, text: "all, from each other" },
  { key: "packed", way: "packed", all: true, text: "all from here, packed" },
  { key: "raw", way: "raw", all: true, text: "all from here, as it is" },
] as const;

type Row = Outcome & (typeof WAYS)[number] & { readonly hosts: number };

/** Markdown; ratios are to one host's time, as it is and packed; copies are packed ones. */
export function tableOf(rows: readonly Row[]): string {
  const time = (key: string) => rows.find((row) => row.key === key)?.ms ?? Number.NaN;
  const cells = rows.map(({ text, hosts, ms, sentBytes, packedBytes, ...row }) =>
    [
      text,
      hosts,
      `${(ms / 1000).toFixed(2)} s`,
      (ms / time("one-raw")).toFixed(2),
      (ms / time("one")).toFixed(2),
      (sentBytes / packedBytes).toFixed(2),
      `${(row.machineBusy * 100).toFixed(0)} %`,
      `${row.hostCpuSeconds.toFixed(2)} s`,
      `${row.controlCpuSeconds.toFixed(2)} s`,
    ].join(" | "),
  );
  const [first] = rows;
  return [
    `the runtime: ${((first?.bytes ?? 0) / 1e6).toFixed(1)} MB, packed ${((first?.packedBytes ?? 0) / 1e6).toFixed(1)} MB`,
    "",
    "| way | hosts | time | of one as it is | of one packed | copies the control host sent | machine busy | CPU a host | CPU here |",
    "|---|---|---|---|---|---|---|---|---|",
    ...cells.map((cell) => `| ${cell} |`),
  ].join("\n");
}
