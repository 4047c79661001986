// Old releases go; which, is decided apart from doing it, so that `--check` can show it.
import { OpsError } from "../errors.ts";
import { checkSignal, fileFault } from "./faults.ts";
import { inspectHost } from "./inspect.ts";
import { layoutOf, releasePath } from "./layout.ts";
import { removeRecord } from "./records.ts";
import { discard, removeStale } from "./remove.ts";
import type { HostReport, ReleaseInfo } from "./types.ts";

export interface PruneOptions {
  /** Say what would go, remove nothing. */
  readonly dryRun?: boolean;
  /** Infohashes whose incoming payloads are being used. */
  readonly inUse?: readonly string[];
  /** Asked before each removal; what it throws ends the pruning. */
  readonly mayRemove?: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes the releases `planPrune` names and what killed runs left behind. Returns the ids that went.
 * @throws OpsError naming those that could not be removed, after trying all
 */
export async function pruneReleases(
  deployTo: string,
  keep: number,
  { dryRun = false, inUse = [], mayRemove = async () => {}, signal }: PruneOptions = {},
): Promise<readonly string[]> {
  const layout = layoutOf(deployTo);
  const doomed = planPrune(await inspectHost(deployTo), keep);
  if (dryRun) return doomed;
  const faults: OpsError[] = [];
  const attempt = async (doing: string, act: () => Promise<void>) => {
    checkSignal(signal, `pruning ${layout.releases}`);
    try {
      await act();
    } catch (error) {
      const fault = fileFault(error, doing);
      if (!(fault instanceof OpsError)) throw fault;
      faults.push(fault);
    }
  };
  for (const id of doomed) {
    await mayRemove();
    await attempt(`can't remove release ${id}`, async () => {
      // The folder first: without its record it would pass for another tool's release.
      await discard(layout, releasePath(layout, id));
      await removeRecord(layout, id);
    });
  }
  await attempt("can't remove what earlier runs left", () => removeStale(deployTo, { inUse, signal }));
  const [first, ...others] = faults;
  if (first === undefined) return doomed;
  if (others.length === 0) throw first;
  const message = faults.map((fault) => fault.message).join("; ");
  throw new OpsError(first.code, message, { hint: first.hint, cause: new AggregateError(faults) });
}

/**
 * Ids to remove so that `keep` good releases stay, oldest first. Releases of other tools count as good. Current and the
 * good one before it always stay, within `keep` or beyond it; a release that was never good goes once it is older than
 * current, or when more than `keep` newer ones have piled up.
 * @throws RangeError unless `keep` is a positive integer
 */
export function planPrune(report: HostReport, keep: number): readonly string[] {
  if (!(Number.isSafeInteger(keep) && keep > 0))
    throw new RangeError(`not a number of releases to keep: ${keep}`);
  const current = report.releases.find(({ id }) => id === report.current);
  const newestFirst = [...report.releases]
    .filter((release) => release !== current)
    .sort(byAge)
    .reverse();
  const good = newestFirst.filter(({ state }) => state !== "unpacked");
  const previous = good.find(({ id }) => id === report.previous) ?? good[0];
  const protectedFirst = [...good].sort((a, b) => Number(b === previous) - Number(a === previous));
  const countsCurrent = current !== undefined && current.state !== "unpacked" ? 1 : 0;
  const kept = new Set(
    protectedFirst.slice(0, Math.max(previous === undefined ? 0 : 1, keep - countsCurrent)),
  );
  const neverGood = newestFirst.filter(({ state }) => state === "unpacked");
  const pending = neverGood.filter((release) => current === undefined || byAge(release, current) > 0);
  for (const release of pending.slice(0, keep)) kept.add(release);
  return newestFirst
    .filter((release) => !kept.has(release))
    .map(({ id }) => id)
    .reverse();
}

/** By when it last mattered: activated, else unpacked, else what a Capistrano id says; then by id. */
function byAge(a: ReleaseInfo, b: ReleaseInfo): number {
  const [whenA, whenB] = [when(a), when(b)];
  if (whenA !== whenB) return whenA < whenB ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function when({ id, activatedAt, installedAt }: ReleaseInfo): string {
  const known = activatedAt ?? installedAt;
  if (known !== undefined) return known;
  const digits = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z?$/.exec(id);
  if (digits === null) return "";
  const [, year, month, day, hour, minute, second] = digits;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}
