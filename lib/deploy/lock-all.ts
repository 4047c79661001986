// The lock of one app, on all hosts of a run.
import { OpsError } from "../errors.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import type { PlannedHost } from "./hosts.ts";

/** Whose lock it will be, and whether another's may be broken for it. */
export interface LockWish {
  readonly app: string;
  readonly environment?: string | undefined;
  readonly owner: string;
  readonly breakLock: boolean;
}

/**
 * Locks the app on all hosts: the first by name before the others, so that of two deploys one gets all its locks.
 * @throws OpsError `locked` naming host and holder; then nothing is locked
 */
export async function lockAll(
  fleet: Fleet<PlannedHost>,
  { app, environment, owner, breakLock }: LockWish,
  { infohash }: { readonly infohash?: string } = {},
): Promise<void> {
  const [first, ...others] = fleet.alive.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const refusals: OpsError[] = [];
  const lock = async (member: Member<PlannedHost>) => {
    try {
      const params = {
        deployTo: member.settings.deployTo,
        app,
        owner,
        ownerPid: process.pid,
        breakLock,
        infohash,
        environment,
        login: member.connection?.user,
        from: member.survey?.seenFrom ?? (member.connection?.localAddress || undefined),
      };
      const { broke } = await peerOf(member).request("lock", params, { signal: fleet.signal });
      if (broke !== undefined)
        fleet.note(`broke the lock of ${broke}`, { level: "warning", host: member.name });
    } catch (error) {
      if (!(error instanceof OpsError && error.code === "locked")) throw error;
      refusals.push(error);
    }
  };
  for (const members of [first === undefined ? [] : [first], others]) {
    await fleet.each(lock, { members });
    if (refusals[0] !== undefined) throw refused(refusals[0], refusals.length - 1);
  }
}

function refused({ code, message, hint, host }: OpsError, others: number): OpsError {
  const more = others === 0 ? "" : `, and so are ${others} more hosts`;
  return new OpsError(code, `${host} is ${message}${more}`, { hint, host });
}
