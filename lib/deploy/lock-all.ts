// The lock of one app, on all hosts of a run.
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { OpsError } from "../errors.ts";
import { lockPhrase } from "../release/lock-text.ts";
import type { Refusal } from "../release/refusal.ts";
import { bootstrapAll, peerOf, startPeers } from "../swarm/bootstrap.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import { formatDuration } from "../ui/format.ts";
import type { PlannedHost } from "./hosts.ts";

/** Whose lock it will be, whether another's may be broken for it, and how long to wait for one. */
export interface LockWish {
  readonly app: string;
  /** How the operator named the inventory. */
  readonly environment?: string | undefined;
  readonly owner: string;
  readonly breakLock: boolean;
  /** `--lock-wait`; undefined: not at all. */
  readonly lockWaitMs?: number | undefined;
}

interface LockOptions {
  /** What will be fetched: what is there of it already is left. */
  readonly infohash?: string | undefined;
  /** Nothing was decided yet: what killed runs left may still be of use, and what hosts run doesn't matter. */
  readonly early?: boolean;
}

type DeployFleet = Fleet<PlannedHost>;
type DeployMember = Member<PlannedHost>;

/** Another run's lock, met on a host. */
interface Met {
  readonly member: DeployMember;
  readonly refusal: Refusal;
}

/** Between two looks at a lock that is waited for. */
const POLL_MS = 2_000;
/** Two runs that each took some of the hosts at once are told apart within so long. */
const MEETING_MS = 15_000;
const MEETING_POLL_MS = 200;

/**
 * Locks the app on all hosts that aren't locked yet: the first by name before the others, so that of two deploys one gets
 * all its locks. With `lockWaitMs` it waits for another's, holding none meanwhile, and says whom it waits for.
 * @throws OpsError `locked` naming host and holder; then nothing is locked. Also when hosts were switched since they were
 *   looked at: what was decided then is about what was there then
 */
export async function lockAll(fleet: DeployFleet, wish: LockWish, options: LockOptions = {}): Promise<void> {
  const startMs = performance.now();
  const { lockWaitMs = 0 } = wish;
  const before = fleet.alive.filter(({ locked }) => locked !== true);
  // Sorted by time, and no two alike: which of two runs is the elder.
  const run = `${new Date().toISOString()} ${randomBytes(4).toString("hex")}`;
  let told = "";
  for (;;) {
    const met = await lockOnce(fleet, wish, { ...options, run });
    const [first] = met;
    if (first === undefined) break;
    await unlockAll(fleet);
    const leftMs = lockWaitMs - (performance.now() - startMs);
    if (leftMs <= 0) throw refused(met, lockWaitMs);
    told = await untilFree(fleet, first, { told, untilMs: performance.now() + leftMs });
  }
  if (options.early !== true) requireUnchanged(fleet, before);
}

/** Between the look at the hosts and their locks a whole deploy has room: sources can take minutes to pack. */
function requireUnchanged(fleet: DeployFleet, members: readonly DeployMember[]): void {
  const alive = members.filter((member) => fleet.alive.includes(member));
  const changed = alive.flatMap(({ name, survey, runs }) => {
    if (survey?.report === undefined || runs === undefined || survey.report.current === runs.id) return [];
    return [{ name, text: `from ${survey.report.current ?? "no release"} to ${runs.id ?? "none"}` }];
  });
  const [first] = changed;
  if (first === undefined) return;
  const others = changed.length === 1 ? "" : `, and ${changed.length - 1} more hosts as well`;
  throw new OpsError(
    "locked",
    `${first.name} was switched ${first.text} since it was looked at${others}; nothing was changed`,
    {
      host: first.name,
      hint: "run the same again; with --lock-wait the hosts are locked before they are looked at",
    },
  );
}

/**
 * With --lock-wait, takes the lock before anything is decided, and looks at the hosts again: what they hold and run
 * changes while another deploy is waited for. Without it does nothing; `lockAll` comes later.
 */
export async function lockFirst(fleet: DeployFleet, wish: LockWish): Promise<void> {
  if (wish.lockWaitMs === undefined || fleet.alive.length === 0) return;
  await bootstrapAll(fleet);
  await startPeers(fleet);
  // What was begun of a release, before anybody knows which it will be, stays.
  await lockAll(fleet, wish, { early: true });
  await fleet.each(async (member) => {
    const { deployTo } = member.settings;
    const report = await peerOf(member).request("inspect", { deployTo }, { signal: fleet.signal });
    if (member.survey !== undefined) member.survey = { ...member.survey, report };
  });
}

/** One attempt: the locks of others that were met. */
async function lockOnce(
  fleet: DeployFleet,
  { app, environment, owner, breakLock }: LockWish,
  { run, infohash, early }: LockOptions & { readonly run: string },
): Promise<readonly Met[]> {
  const [first, ...others] = fleet.alive
    .filter(({ locked }) => locked !== true)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const met: Met[] = [];
  const lock = async (member: DeployMember) => {
    const { deployTo } = member.settings;
    const who = { app, environment, owner, ownerPid: process.pid, run, breakLock };
    const startMs = performance.now();
    for (;;) {
      const params = { deployTo, ...who, infohash, tidy: early !== true, ...loginOf(member) };
      const answer = await peerOf(member).request("lock", params, { signal: fleet.signal });
      if (!("refusal" in answer)) {
        member.locked = true;
        const { broke, current } = answer;
        member.runs = { id: current };
        if (broke === undefined) return;
        fleet.note(`${breakLock ? "broke" : "took over"} the lock of ${broke}`, {
          level: "warning",
          host: member.name,
        });
        return;
      }
      const { refusal } = answer;
      // Runs over some of the same hosts can meet half-way, each with locks that the other wants. The younger gives its own up
      // at once, so the elder, and one only, gets all it wants. Who holds nothing yet needn't wait, and an older lock is no meeting.
      const mayGiveUp = member !== first && refusal.run > run && refusal.ageMs < MEETING_MS;
      if (!mayGiveUp || met.length > 0 || performance.now() - startMs > MEETING_MS) {
        met.push({ member, refusal });
        return;
      }
      await pause(MEETING_POLL_MS, fleet.signal);
    }
  };
  for (const members of [first === undefined ? [] : [first], others]) {
    await fleet.each(lock, { members });
    if (met.length > 0) break;
  }
  return met;
}

/** Who logged in there, and from which address, for the host's journal. */
function loginOf({ connection, survey }: DeployMember) {
  return { login: connection?.user, from: survey?.seenFrom ?? (connection?.localAddress || undefined) };
}

async function unlockAll(fleet: DeployFleet): Promise<void> {
  const members = fleet.alive.filter(({ locked }) => locked);
  await fleet.each(
    async (member) => {
      await peerOf(member).request("unlock", { deployTo: member.settings.deployTo });
      member.locked = false;
    },
    { members },
  );
}

/** Looks at a lock until it is free or the time is up; returns what was said of its holder last. */
async function untilFree(
  fleet: DeployFleet,
  { member }: Met,
  { told, untilMs }: { readonly told: string; readonly untilMs: number },
): Promise<string> {
  const { name, settings } = member;
  for (let said = told; ; ) {
    if (!fleet.alive.includes(member)) return said;
    const looked = await fleet.each(
      (each) => peerOf(each).request("inspect", { deployTo: settings.deployTo }, { signal: fleet.signal }),
      { members: [member] },
    );
    const lock = looked.get(member)?.lock;
    if (lock === undefined || !lock.alive) return said;
    const who = `${name} ${lock.owner} ${lock.ownerPid} ${lock.since}`;
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return said;
    if (who !== said) {
      const { expiresAt: _, ...still } = lock;
      const left = formatDuration(leftMs / 1000);
      fleet.note(`waiting for the lock, ${left} at most: ${lockPhrase(still)}`, { host: name });
      said = who;
    }
    // Not all who wait look at the same moment.
    await pause(Math.min(leftMs, POLL_MS * (0.75 + Math.random() / 2)), fleet.signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch((error) => {
    signal.throwIfAborted();
    throw error;
  });
}

function refused(met: readonly Met[], waitedMs: number): OpsError {
  const [first] = met;
  if (first === undefined) throw new RangeError("nothing was met");
  const host = first.member.name;
  const { message, hint } = first.refusal;
  const others = met.length - 1;
  const more = others === 0 ? "" : `, and so are ${others} more hosts`;
  const waited = waitedMs === 0 ? "" : `, still after waiting ${formatDuration(waitedMs / 1000)}`;
  return new OpsError("locked", `${host} is ${message}${more}${waited}`, { hint, host });
}
