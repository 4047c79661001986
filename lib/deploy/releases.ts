// What hosts run and hold, for people.
import type { HostEntry } from "../history/journals.ts";
import { FLEET_FLAGS, type Parsed, parseOptions } from "../options.ts";
import { lockPhrase } from "../release/lock-text.ts";
import type { HostReport } from "../release/types.ts";
import type { Fleet } from "../swarm/fleet.ts";
import { formatBytes } from "../ui/format.ts";
import { table } from "../ui/table.ts";
import { clean } from "../ui/text.ts";
import { type PlannedHost, planHosts } from "./hosts.ts";

/** Options of releases.ts. */
export function releasesOptions(argv: readonly string[]): Parsed<typeof FLEET_FLAGS> {
  return parseOptions(argv, {
    example: "bun scripts/releases.ts prod",
    about: "Shows what each host runs and which releases it holds. Changes nothing.",
    words: "INVENTORY [PATTERN]",
    maxWords: 2,
    flags: FLEET_FLAGS,
  });
}

/**
 * Hosts with their `rookery_deploy_to`; looking needs no source, so none is asked for.
 * @throws OpsError `usage`, `inventory`, `pattern` or `setting`
 */
export async function planReleases(
  options: Parsed<typeof FLEET_FLAGS>,
  { signal }: { readonly signal?: AbortSignal } = {},
) {
  return planHosts(options, { source: "none", signal });
}

/** One row a host: current release, who put it there, the others it holds (newest first), room left, lock. */
export function releasesTable(
  fleet: Fleet<PlannedHost>,
  deployed: ReadonlyMap<string, HostEntry> = new Map(),
): string {
  const rows = fleet.alive.flatMap(({ name, survey }) =>
    survey?.report === undefined ? [] : [{ name, report: survey.report }],
  );
  return table(rows, [
    { title: "host", value: ({ name }) => name },
    { title: "current", value: ({ report }) => report.current ?? "–" },
    {
      title: "since (UTC)",
      value: ({ name }) => {
        const entry = deployed.get(name);
        return entry === undefined ? "–" : `${entry.at.slice(0, 16).replace("T", " ")} by ${clean(entry.by)}`;
      },
    },
    { title: "other releases", value: ({ report }) => others(report) },
    { title: "free", align: "right", value: ({ report }) => formatBytes(report.freeBytes) },
    {
      title: "",
      value: ({ report: { lock } }) => (lock === undefined ? "" : lockPhrase(lock)),
    },
  ]);
}

function others({ current, releases }: HostReport): string {
  const names = releases
    .filter(({ id }) => id !== current)
    .map(({ id, state }) => (state === "unpacked" ? `${id} (never good)` : id));
  return names.length === 0 ? "–" : names.toReversed().join(", ");
}
