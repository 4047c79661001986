// One deploy at a time: .rookery/lock, whose holder is known for certain and which only that holder frees.
import { randomBytes } from "node:crypto";
import { link, rm, stat } from "node:fs/promises";
import { OpsError } from "../errors.ts";
import { syncFolder, writeDraft } from "./durable.ts";
import { fileFault, hasCode } from "./faults.ts";
import { isAlive, ownHolder } from "./holder.ts";
import { ensureLayout, type Layout, layoutOf } from "./layout.ts";
import { endLock } from "./lock-end.ts";
import { describeLock, type LockRecord, readLock } from "./lock-file.ts";
import type { LockInfo } from "./types.ts";

export interface TakeLockOptions {
  readonly app: string;
  /** user@controlhost */
  readonly owner: string;
  /** Process id on the control host. */
  readonly ownerPid: number;
  /** Take it from whoever holds it now. */
  readonly breakLock?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes the lock of `deployTo` for this process, making the folders where there are none. Of any number of takers
 * exactly one gets it. The token proves ownership to `checkLock` and `freeLock`; `broke` says whose lock was broken.
 * @throws OpsError `locked` naming owner, time and, in the hint, whether the holder still runs
 */
export async function takeLock(
  deployTo: string,
  { app, owner, ownerPid, breakLock = false, signal }: TakeLockOptions,
): Promise<{ readonly token: string; readonly broke: string | undefined }> {
  const layout = layoutOf(deployTo);
  await ensureLayout(layout);
  const token = randomBytes(16).toString("hex");
  const since = new Date().toISOString();
  const record: LockRecord = { app, owner, ownerPid, since, token, holder: await ownHolder() };
  try {
    const draft = await writeDraft(`${JSON.stringify(record)}\n`, layout.temporary);
    try {
      const broke = await place(layout, draft, { breakLock, signal });
      await syncFolder(layout.own);
      return { token, broke };
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    throw fileFault(error, `can't lock ${layout.deployTo}`);
  }
}

/** Frees the lock when it still is the one `token` was given for; false when somebody broke it meanwhile. */
export async function freeLock(
  deployTo: string,
  token: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const layout = layoutOf(deployTo);
  try {
    if ((await readLock(layout))?.token !== token) return false;
    return await endLock(layout, token, { signal });
  } catch (error) {
    throw fileFault(error, `can't free the lock of ${layout.deployTo}`);
  }
}

/**
 * For the moment before something that can't be taken back.
 * @throws OpsError `locked` when the lock is no longer the one `token` was given for
 */
export async function checkLock(deployTo: string, token: string): Promise<void> {
  const layout = layoutOf(deployTo);
  const held = await readLock(layout);
  if (held?.token === token) return;
  const by = held === undefined ? "is gone" : `was broken: now held by ${describeLock(held)}`;
  throw new OpsError("locked", `the lock of ${layout.deployTo} ${by}`, {
    hint: "ask who broke it, then deploy again",
  });
}

/** Who holds the lock; undefined when nobody does. */
export async function lockInfo(layout: Layout): Promise<LockInfo | undefined> {
  const held = await readLock(layout);
  if (held === undefined) return undefined;
  const { app, owner, ownerPid, since } = held;
  return { app, owner, ownerPid, since, alive: await holderAlive(held) };
}

/** Whether the lock is held by a process that still runs and isn't this one. */
export async function lockedByOther(layout: Layout): Promise<boolean> {
  const held = await readLock(layout);
  if (held?.holder === undefined || !(await isAlive(held.holder))) return false;
  const own = await ownHolder();
  return held.holder.pid !== own.pid || held.holder.startTicks !== own.startTicks;
}

async function place(
  layout: Layout,
  draft: string,
  { breakLock, signal }: Pick<TakeLockOptions, "breakLock" | "signal">,
): Promise<string | undefined> {
  let condemned: LockRecord | undefined;
  for (;;) {
    if (await tryLink(draft, layout.lock)) return undefined;
    const held = await readLock(layout);
    if (held === undefined) continue; // freed between the two calls
    condemned ??= held;
    // Only the lock the operator was told about may be broken, not the one somebody took since.
    if (breakLock !== true || held.token !== condemned.token) throw await lockedError(held);
    const broke = `${describeLock(held)}, ${(await holderAlive(held)) ? "still running" : "stale"}`;
    if (await endLock(layout, held.token, { successor: draft, signal })) return broke;
  }
}

/** link(2) fails when the name is taken, and the file behind it is complete from the first moment. */
async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    // Over NFS the answer of a link that was made can get lost, and its repetition fails: the link count tells.
    if ((await stat(draft)).nlink === 2) return true;
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function lockedError(held: LockRecord): Promise<OpsError> {
  const host = held.owner.split("@").at(-1);
  return new OpsError("locked", `locked by ${describeLock(held)}`, {
    hint: (await holderAlive(held))
      ? `that deploy still runs: wait for it or stop it on ${host}; --break-lock takes the lock from it`
      : "stale: its peer no longer runs here, so nothing is being deployed; repeat with --break-lock",
  });
}

async function holderAlive(held: LockRecord): Promise<boolean> {
  return held.holder !== undefined && (await isAlive(held.holder));
}
