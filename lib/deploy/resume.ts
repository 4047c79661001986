// Going on where the last run stopped: with the hosts it left out, to the release it was about.
import { OpsError } from "../errors.ts";
import { openHistory } from "../history/open.ts";
import type { RunRecord } from "../history/types.ts";

/** The run that is gone on with. */
export interface Resumed {
  readonly startedAt: string;
  readonly release: string | undefined;
  /** Of its release; undefined when it ended before that was known. */
  readonly tree: string | undefined;
  /** Hosts that were not ok. */
  readonly left: readonly string[];
  readonly hosts: number;
}

/** Runs that may have gone on with one another. */
const LOOK_BACK = 50;

/**
 * The last run of `app` in `environment`, as this machine remembers it.
 * @throws OpsError `usage` when there is none, or it was a rollback; `history` when the memory can't be read
 */
export function lastRun({
  app,
  environment,
}: {
  readonly app: string;
  readonly environment: string;
}): Resumed {
  using history = openHistory();
  const runs = history.runs({ app, environment, kind: "deploy", limit: LOOK_BACK });
  const [run] = runs;
  const back = history.runs({ app, environment, kind: "rollback", limit: 1 })[0];
  if (back !== undefined && (run === undefined || run.id < back.id)) throw rolledBack(back);
  if (run === undefined) {
    throw new OpsError(
      "usage",
      `no run of ${app} with ${environment} to resume is remembered in ${history.path}`,
      {
        hint: "deploy without --resume: hosts that hold the release already are not sent it again",
      },
    );
  }
  const { startedAt, release, hosts } = run;
  // One that was refused or cut off early doesn't know it: the one it went on with does.
  const tree = run.tree ?? runs.find((older) => older.release === release && older.tree !== undefined)?.tree;
  const left = hosts.filter(({ status }) => status !== "ok").map(({ name }) => name);
  return { startedAt, release, tree, left, hosts: hosts.length };
}

function rolledBack({ release = "", environment, startedAt }: RunRecord): OpsError {
  return new OpsError("usage", `the last run was a rollback${release && ` to ${release}`}, at ${startedAt}`, {
    hint: `go on with it by \`bun scripts/rollback.ts ${environment} ${release}\`, or deploy without --resume`,
  });
}

/**
 * Hosts of a plan that are gone on with, and a warning for those the plan has not.
 * `nothing` says why there are none.
 */
export function resumeWith<H extends { readonly name: string }>(
  hosts: readonly H[],
  { startedAt, release, left, hosts: all }: Resumed,
): { readonly hosts: readonly H[]; readonly warnings: readonly string[]; readonly nothing?: string } {
  const chosen = hosts.filter(({ name }) => left.includes(name));
  const missing = left.filter((name) => !hosts.some((host) => host.name === name));
  const what = `the run of ${startedAt}${release === undefined ? "" : `, ${release},`}`;
  const warnings =
    missing.length === 0
      ? []
      : [`not resumed, for inventory and pattern don't name them now: ${missing.join(", ")}`];
  if (left.length === 0)
    return { hosts: [], warnings, nothing: `nothing to resume: ${what} was ok on all ${all} hosts` };
  if (chosen.length === 0)
    return { hosts: [], warnings, nothing: `nothing to resume: ${what} left out none of these hosts` };
  return { hosts: chosen, warnings };
}

/**
 * Makes sure that what is deployed is what the resumed run was about.
 * @throws OpsError `source` when the source has become another tree
 */
export function requireSameTree(
  { tree }: { readonly tree: string },
  { resumed }: { readonly resumed?: Resumed | undefined },
): void {
  if (resumed?.tree === undefined) return;
  if (tree === resumed.tree) return;
  const { release, startedAt } = resumed;
  throw new OpsError(
    "source",
    `the source is not what the run of ${startedAt} deployed as ${release}: its tree is ${tree.slice(0, 12)}, that one's ${resumed.tree.slice(0, 12)}`,
    {
      hint: "name that version with --source (git:REF, say), or deploy this one to all hosts without --resume",
    },
  );
}
