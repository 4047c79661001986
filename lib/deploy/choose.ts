// Which name these bytes get, and what each host still lacks of them. Pure: it looks at what the survey brought.
import { newReleaseId } from "../release/layout.ts";
import type { HostReport, ReleaseInfo } from "../release/types.ts";

/** What the release is called, and which hosts run or hold it already. */
export interface Choice {
  readonly id: string;
  /** Names of hosts whose `current` is this release, switched to and good: nothing to do there. */
  readonly running: ReadonlySet<string>;
  /** Hosts that hold it complete, but run another. */
  readonly holding: ReadonlySet<string>;
}

/**
 * The id asked for; else what most hosts already call these bytes (the newest name where they disagree), so that a
 * deploy that was cut short goes on instead of beginning anew; else the time, as Capistrano names releases.
 */
export function chooseRelease(
  reports: ReadonlyMap<string, HostReport>,
  {
    tree,
    wanted,
    now = new Date(),
  }: { readonly tree: string; readonly wanted?: string | undefined; readonly now?: Date },
): Choice {
  const id = wanted ?? commonName(reports, tree) ?? freshName(reports, now);
  const running = new Set<string>();
  const holding = new Set<string>();
  for (const [host, { current, releases }] of reports) {
    const release = releases.find((candidate) => candidate.id === id && candidate.tree === tree);
    if (release === undefined) continue;
    if (current === id && release.state === "good") running.add(host);
    else holding.add(host);
  }
  return { id, running, holding };
}

/** The time, or the next second that no release is called by: two deploys may well come within one. */
function freshName(reports: ReadonlyMap<string, HostReport>, now: Date): string {
  const taken = new Set([...reports.values()].flatMap(({ releases }) => releases.map(({ id }) => id)));
  for (let ms = now.getTime(); ; ms += 1000) {
    const id = newReleaseId(new Date(ms));
    if (!taken.has(id)) return id;
  }
}

function commonName(reports: ReadonlyMap<string, HostReport>, tree: string): string | undefined {
  const held = [...reports.values()].flatMap(({ releases }) =>
    releases.filter((release) => release.tree === tree),
  );
  const counts = Map.groupBy(held, ({ id }: ReleaseInfo) => id);
  return [...counts].sort(
    ([a, holdersA], [b, holdersB]) => holdersB.length - holdersA.length || (a < b ? 1 : -1),
  )[0]?.[0];
}
