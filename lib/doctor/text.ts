// Findings → lines for people, and objects for programs.
import { chalk } from "zx";
import { plural } from "../ui/format.ts";
import { clean, fit, widthOf } from "../ui/text.ts";
import { diagnose, type Finding, type Level } from "./finding.ts";

/** What stands in the host's place for this machine. */
const HERE = "here";
const PAINT: Readonly<Record<Level, (text: string) => string>> = {
  ok: chalk.green,
  warn: chalk.yellow,
  fail: chalk.red,
};

/**
 * A line a finding: level, host, check, what was found, and what to do on a line of its own; then a summary. What is
 * ok is told in one line a host unless `verbose`.
 */
export function findingsText(
  findings: readonly Finding[],
  { hosts, verbose }: { readonly hosts: number; readonly verbose: boolean },
): string {
  const rows = verbose ? findings.map(row) : shortened(findings);
  const widths = {
    host: widest(rows.map(({ host }) => host)),
    check: widest(rows.map(({ check }) => check)),
  };
  const lines = rows.flatMap(({ level, host, check, text, hint }) => {
    const start = `${fit(level, 4)}  ${fit(host, widths.host)}  `;
    const label = check === "" ? "" : `${fit(check, widths.check)}  `;
    const line = `${PAINT[level](fit(level, 4))}  ${fit(host, widths.host)}  ${label}${text}`;
    return hint === undefined ? [line] : [line, `${" ".repeat(start.length + label.length)}→ ${hint}`];
  });
  return `${[...lines, "", summaryLine(findings, hosts)].join("\n")}\n`;
}

/** One object a finding, then a summary: for `--json`. */
export function findingsJson(findings: readonly Finding[], { hosts }: { readonly hosts: number }): string {
  const objects = [
    ...findings.map(({ host, ...finding }) => ({ type: "finding", host: host ?? null, ...finding })),
    { type: "summary", hosts, ...diagnose(findings) },
  ];
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}

interface Row {
  readonly level: Level;
  readonly host: string;
  readonly check: string;
  readonly text: string;
  readonly hint: string | undefined;
}

function row({ level, host, check, text, hint }: Finding): Row {
  const cleanHint = hint === undefined ? undefined : clean(hint);
  return { level, host: clean(host ?? HERE), check, text: clean(text), hint: cleanHint };
}

/** Every warn and fail, and one ok row a host for all that is well there. */
function shortened(findings: readonly Finding[]): Row[] {
  return [...Map.groupBy(findings, ({ host }) => host)].flatMap(([host, own]) => {
    const checks = new Set(own.flatMap(({ level, check }) => (level === "ok" ? [check] : [])));
    const bad = own.filter(({ level }) => level !== "ok");
    for (const { check } of bad) checks.delete(check);
    const well: Row = {
      level: "ok",
      host: clean(host ?? HERE),
      check: "",
      text: [...checks].join(", "),
      hint: undefined,
    };
    return [...(checks.size === 0 ? [] : [well]), ...bad.map(row)];
  });
}

function summaryLine(findings: readonly Finding[], hosts: number): string {
  const { fail, warn } = diagnose(findings);
  const warnings = warn === 0 ? "" : `, ${plural(warn, "warning")}`;
  const looked = `looked at ${plural(hosts, "host")}, changed nothing`;
  if (fail === 0) return `${chalk.green("✓")} nothing would stop a deploy (${looked}${warnings})`;
  const bad = new Set(findings.flatMap(({ level, host }) => (level === "fail" ? [host ?? HERE] : [])));
  const names = [...bad].slice(0, 5).map(clean).join(", ");
  const where = bad.size > 5 ? `${names} … (${bad.size})` : names;
  return `${chalk.red("✗")} ${plural(fail, "thing")} would stop a deploy: ${where} (${looked}${warnings})`;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
}
