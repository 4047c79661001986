// The end of a lock, freed or broken: exactly one process may bring it about.
//
// "Read it, see that it is the old one, remove it" is two steps, and between them the lock can change hands: then a
// breaker removes somebody's fresh lock, or an owner frees its successor's. So whoever wants to end the lock with token T
// first claims that right by making the file `lock.end-T-0`, which only one can; tokens never come back. A claim whose
// process died is followed by `lock.end-T-1`, and so on: the newest claim counts, the dead one can't act any more.
import { link, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { OpsError } from "../errors.ts";
import { syncFolder, writeDraft } from "./durable.ts";
import { checkSignal, hasCode } from "./faults.ts";
import { isAlive, ownHolder, parseHolder } from "./holder.ts";
import type { Layout } from "./layout.ts";
import { readLock } from "./lock-file.ts";

/** A claim is held for a handful of system calls; whoever holds it longer is stuck. */
const CLAIM_WAIT_MS = 5_000;
const CLAIM_POLL_MS = 20;

/**
 * Ends the lock with `token`: `successor`, a complete lock file, takes its place by one rename; without one it is removed.
 * `stillDue` is asked again once nobody else can change it. False when that lock was ended by somebody else, or isn't due.
 * @throws OpsError `locked` when another process has been ending it for 5 s
 */
export async function endLock(
  layout: Layout,
  token: string,
  {
    successor,
    stillDue = async () => true,
    signal,
  }: {
    readonly successor?: string;
    readonly stillDue?: () => Promise<boolean>;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<boolean> {
  return await withClaim(layout, token, { signal }, async () => {
    if ((await readLock(layout))?.lock.token !== token || !(await stillDue())) return false;
    if (successor === undefined) await rm(layout.lock);
    else await rename(successor, layout.lock);
    await syncFolder(layout.own);
    for (const name of await claimNames(layout)) {
      if (name.startsWith(claimName(layout, token))) await rm(join(layout.own, name), { force: true });
    }
    return true;
  });
}

/** Does `act` while nobody but this process changes a lock that has `token`, if that is the lock. */
export async function withClaim<T>(
  layout: Layout,
  token: string,
  { signal }: { readonly signal?: AbortSignal | undefined },
  act: () => Promise<T>,
): Promise<T> {
  const draft = await writeDraft(JSON.stringify(await ownHolder()), layout.temporary);
  try {
    const claim = await claimEnd(layout, token, draft, signal);
    try {
      return await act();
    } finally {
      await rm(claim, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes claims that a killed process left behind on locks that no longer are. */
export async function removeOldClaims(layout: Layout): Promise<void> {
  // Names first: a lock that was claimed before and isn't there now will not come back.
  const names = await claimNames(layout);
  const token = (await readLock(layout))?.lock.token;
  const isCurrent = (name: string) => token !== undefined && name.startsWith(claimName(layout, token));
  for (const name of names) if (!isCurrent(name)) await rm(join(layout.own, name), { force: true });
}

async function claimEnd(
  layout: Layout,
  token: string,
  draft: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const deadlineMs = Date.now() + CLAIM_WAIT_MS;
  for (let number = 0; ; ) {
    const claim = join(layout.own, `${claimName(layout, token)}${number}`);
    try {
      await link(draft, claim);
      return claim;
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
    const claimant = await readClaim(claim);
    if (claimant === "gone") number = 0;
    else if (claimant === "dead") number += 1;
    else if (Date.now() > deadlineMs) {
      throw new OpsError(
        "locked",
        `another process has been ending the lock ${layout.lock} for ${CLAIM_WAIT_MS / 1000} s`,
        {
          hint: `when no deploy runs on that host, remove ${claim}`,
        },
      );
    } else {
      checkSignal(signal, `waiting for ${claim}`);
      await wait(CLAIM_POLL_MS);
    }
  }
}

async function readClaim(claim: string): Promise<"gone" | "dead" | "alive"> {
  try {
    const holder = parseHolder(JSON.parse(await readFile(claim, "utf8")));
    return holder !== undefined && (await isAlive(holder)) ? "alive" : "dead";
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "gone";
    if (error instanceof SyntaxError) return "dead";
    throw error;
  }
}

async function claimNames(layout: Layout): Promise<string[]> {
  const names = await readdir(layout.own);
  return names.filter((name) => name.startsWith(`${basename(layout.lock)}.end-`));
}

function claimName(layout: Layout, token: string): string {
  return `${basename(layout.lock)}.end-${token}-`;
}
