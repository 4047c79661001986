// `current` → a release, and what is remembered of it.
import { appendFile, rm } from "node:fs/promises";
import { OpsError } from "../errors.ts";
import { linkTo, readCurrent } from "./current.ts";
import { replaceLink, syncFolder } from "./durable.ts";
import { fileFault } from "./faults.ts";
import { inspectRelease } from "./inspect.ts";
import { checkReleaseId, ensureLayout, type Layout, layoutOf } from "./layout.ts";
import { type ReleaseRecord, readRecord, writeRecord } from "./records.ts";

export interface MarkGoodOptions {
  /** Who deployed: user@controlhost. */
  readonly by: string;
  /** The line in revisions.log speaks of a rollback. */
  readonly rollback?: boolean;
}

/**
 * Switches `current` to release `id` by one rename. `previous` is the release that was current, for `switchBack`.
 * @throws OpsError `release` when there is no such complete release, or `current` is no link we may replace
 */
export async function activateRelease(
  deployTo: string,
  id: string,
): Promise<{ readonly previous: string | undefined }> {
  return await change(deployTo, `can't switch ${deployTo} to ${id}`, async (layout) => {
    const { id: previous, link } = await readCurrent(layout);
    const record = await recordOf(layout, id, { isCurrent: id === previous });
    if (previous !== undefined && previous !== id) {
      const good = await lastGood(layout, previous);
      // Back from one that never was well: the good one before this one is still what it was.
      await writeRecord(layout, { ...record, replaced: good === id ? record.replaced : good });
    }
    await replaceLink(layout.current, await linkTo(layout, id, link), layout.temporary);
    return { previous };
  });
}

/** Puts `current` back to release `previous`, or removes the link when there was none. Marks are left as they are. */
export async function switchBack(deployTo: string, previous: string | undefined): Promise<void> {
  await change(deployTo, `can't switch ${deployTo} back to ${previous ?? "no release"}`, async (layout) => {
    const { link } = await readCurrent(layout);
    if (previous === undefined) {
      await rm(layout.current, { force: true });
      await syncFolder(layout.deployTo);
      return;
    }
    await recordOf(layout, previous, { isCurrent: false });
    await replaceLink(layout.current, await linkTo(layout, previous, link), layout.temporary);
  });
}

/** Notes that release `id` is current and its commands succeeded, and appends Capistrano's line to revisions.log. */
export async function markGood(
  deployTo: string,
  id: string,
  { by, rollback = false }: MarkGoodOptions,
): Promise<void> {
  await change(deployTo, `can't note that ${id} is good in ${deployTo}`, async (layout) => {
    const { id: current } = await readCurrent(layout);
    const record = await recordOf(layout, id, { isCurrent: id === current });
    const state = record.state === "foreign" ? "foreign" : "good";
    await writeRecord(layout, { ...record, state, activatedAt: new Date().toISOString() });
    const at = record.revision === null ? "" : ` (at ${record.revision})`;
    const what = record.infohash === null ? "Release" : `Torrent ${record.infohash}`;
    const line = rollback
      ? `${by} rolled back to release ${id}`
      : `${what}${at} deployed as release ${id} by ${by}`;
    // Control characters would let a user name forge lines.
    await appendFile(layout.revisionsLog, `${line.replace(/\p{Cc}/gu, " ")}\n`);
  });
}

/** The record of a complete release; one is made up for another tool's, which has none. */
async function recordOf(
  layout: Layout,
  id: string,
  { isCurrent }: { readonly isCurrent: boolean },
): Promise<ReleaseRecord> {
  checkReleaseId(id);
  const release = await inspectRelease(layout, id, { isCurrent });
  if (release === undefined) {
    throw new OpsError("release", `no complete release ${id} in ${layout.releases}`, {
      hint: "bun scripts/releases.ts shows what each host holds",
    });
  }
  const record = await readRecord(layout, id);
  const { state, revision = null } = release;
  return (
    record ?? {
      id,
      state,
      revision,
      infohash: null,
      tree: null,
      installedAt: null,
      activatedAt: null,
      replaced: null,
    }
  );
}

/** `id`, or when that never became good, the good one it replaced: what a rollback would want. */
async function lastGood(layout: Layout, id: string): Promise<string | null> {
  const record = await recordOf(layout, id, { isCurrent: true });
  if (record.state === "unpacked") return record.replaced;
  // Another tool's release without REVISION is known to be complete only while it is current: note it now.
  if (record.state === "foreign") await writeRecord(layout, record);
  return id;
}

async function change<T>(deployTo: string, doing: string, act: (layout: Layout) => Promise<T>): Promise<T> {
  const layout = layoutOf(deployTo);
  try {
    await ensureLayout(layout);
    return await act(layout);
  } catch (error) {
    throw fileFault(error, doing);
  }
}
