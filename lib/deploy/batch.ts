// One batch: its hosts switched together, their commands run, their health checked.
import { atHost, OpsError } from "../errors.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import { isFinal } from "../swarm/state.ts";
import { checkHealth } from "./health.ts";
import type { PlannedHost } from "./hosts.ts";
import { runCommands } from "./release-commands.ts";

type DeployFleet = Fleet<PlannedHost>;
export type DeployMember = Member<PlannedHost>;

/** Something done with the hosts of a batch: gives back those that failed, each with its reason, or undefined; an OpsError fails them all. */
export type BatchStep = (
  members: readonly DeployMember[],
) => Promise<ReadonlyMap<DeployMember, OpsError> | undefined>;

/** What is done around the switch of each batch. */
export interface AroundBatch {
  /** Before it is switched: take its hosts out of the load balancer, say. */
  readonly before?: BatchStep | undefined;
  /** Once its hosts are well; also when they went back to the release they ran. */
  readonly after?: BatchStep | undefined;
}

/** What became of a batch so far: filled in as it goes, for an interrupt may come at any time. */
export interface BatchResult {
  /** Hosts whose `current` was switched, and the release it was before; undefined: none. */
  readonly switched: Map<DeployMember, string | undefined>;
  /** Hosts that are not well, and why. Nothing was told of it yet, unless they are gone altogether. */
  readonly bad: Map<DeployMember, OpsError>;
}

/** Switches `members` to release `id`, runs after-activate commands and health checks. A host's failure is a row of `result`. */
export async function switchBatch(
  fleet: DeployFleet,
  id: string,
  members: readonly DeployMember[],
  { before, after, result: { switched, bad } }: AroundBatch & { readonly result: BatchResult },
): Promise<void> {
  const well = () => members.filter((member) => !bad.has(member) && !isFinal(fleet.status(member.name)));
  const each = async (work: (member: DeployMember) => Promise<void>, limit = fleet.forks) => {
    const guarded = async (member: DeployMember) => {
      try {
        await work(member);
      } catch (error) {
        fleet.signal.throwIfAborted();
        bad.set(member, atHost(error, member.name));
      }
    };
    await fleet.each(guarded, { members: well(), limit });
  };
  const around = async (step: BatchStep | undefined) => {
    const hosts = well();
    if (step === undefined || hosts.length === 0) return;
    try {
      for (const [member, error] of (await step(hosts)) ?? []) bad.set(member, error);
    } catch (error) {
      if (!(error instanceof OpsError) || error.code === "interrupted") throw error;
      for (const member of hosts) bad.set(member, error);
    }
  };
  await around(before);
  // Once it has begun, a Ctrl+C waits for the renames: half a batch switched is nobody's wish.
  const { length } = members;
  await each(
    async (member) => {
      const { previous } = await peerOf(member).request("activate", {
        deployTo: member.settings.deployTo,
        id,
      });
      switched.set(member, previous);
      fleet.emit({ type: "status", host: member.name, status: "active" });
    },
    Math.max(1, length),
  );
  await each((member) =>
    runCommands(fleet, member, id, member.settings.afterActivate, "rookery_after_activate"),
  );
  await each((member) => checkHealth(fleet, member, id));
  await around(after);
}

/** Tells of the hosts that are not well; on the others it notes that the release is good, and removes old ones. */
export async function finishBatch(
  fleet: DeployFleet,
  id: string,
  members: readonly DeployMember[],
  {
    owner,
    rollback = false,
    result: { bad },
  }: { readonly owner: string; readonly rollback?: boolean; readonly result: BatchResult },
): Promise<void> {
  const { signal } = fleet;
  for (const [member, error] of bad) fleet.fail(member, error);
  await fleet.each(
    async (member) => {
      const { deployTo, keepReleases } = member.settings;
      const peer = peerOf(member);
      await peer.request("markGood", { deployTo, id, by: owner, rollback }, { signal });
      if (keepReleases > 0) await peer.request("prune", { deployTo, keep: keepReleases }, { signal });
      fleet.emit({ type: "status", host: member.name, status: "ok" });
    },
    { members: members.filter(({ name }) => !isFinal(fleet.status(name))) },
  );
}
