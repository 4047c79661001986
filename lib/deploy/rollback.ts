// Which release a rollback goes to: one id for all hosts, never "one back" on each.
import { OpsError } from "../errors.ts";
import type { HostReport } from "../release/types.ts";

export interface RollbackChoice {
  readonly id: string;
  /** Hosts that run it already. */
  readonly running: ReadonlySet<string>;
  /** Hosts that don't hold it: they get it from those that do. */
  readonly lacking: ReadonlySet<string>;
}

/**
 * The release asked for; else the one that most hosts ran, and were well with, before their current one (the newest
 * where they disagree). A host that lacks it is sent it, never to another release.
 * @throws OpsError `release` when no host has anything to go back to, or none holds the one asked for
 */
export function chooseRollback(reports: ReadonlyMap<string, HostReport>, wanted?: string): RollbackChoice {
  const id = wanted ?? commonPrevious(reports);
  if (id === undefined) {
    throw new OpsError("release", "no host holds a good release besides its current one", {
      hint: "see what there is with `bun scripts/releases.ts`",
    });
  }
  const running = new Set<string>();
  const lacking = new Set<string>();
  for (const [host, report] of reports) {
    if (report.current === id) running.add(host);
    else if (!report.releases.some((release) => release.id === id)) lacking.add(host);
  }
  if (lacking.size === reports.size && reports.size > 0) {
    const known = [...new Set([...reports.values()].flatMap(goodBeside))].sort().slice(-5);
    throw new OpsError("release", `no host holds release ${id}`, {
      hint: known.length === 0 ? "there is no other good release" : `they hold ${known.join(", ")}`,
    });
  }
  return { id, running, lacking };
}

/** The good release a host was at before its current one; what a rollback without a name goes to. */
export function previousGood(report: HostReport): string | undefined {
  if (report.previous !== undefined) return report.previous;
  const good = report.releases.filter(({ id, state }) => id !== report.current && state !== "unpacked");
  const { current } = report;
  const age = ({ id, activatedAt }: (typeof good)[number]) => activatedAt ?? id;
  const older = good.filter(
    (release) => current === undefined || release.activatedAt !== undefined || release.id < current,
  );
  return older.toSorted((a, b) => (age(a) < age(b) ? 1 : -1))[0]?.id;
}

function commonPrevious(reports: ReadonlyMap<string, HostReport>): string | undefined {
  const votes = new Map<string, number>();
  for (const report of reports.values()) {
    const id = previousGood(report);
    if (id !== undefined) votes.set(id, (votes.get(id) ?? 0) + 1);
  }
  return [...votes].sort(([a, votesA], [b, votesB]) => votesB - votesA || (a < b ? 1 : -1))[0]?.[0];
}

function goodBeside({ current, releases }: HostReport): string[] {
  return releases.filter(({ id, state }) => id !== current && state !== "unpacked").map(({ id }) => id);
}
