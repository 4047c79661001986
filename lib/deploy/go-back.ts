// The way back of hosts that were switched: to the release each of them ran before.
import { atHost, OpsError } from "../errors.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet } from "../swarm/fleet.ts";
import type { AroundBatch, BatchResult, DeployMember } from "./batch.ts";
import type { PlannedHost } from "./hosts.ts";
import { OR_GO_BACK, runCommands } from "./release-commands.ts";

type DeployFleet = Fleet<PlannedHost>;

interface WentBack {
  /** For people: `went back to 20261123120307`. */
  readonly text: string;
  /** Why it could not. */
  readonly error?: OpsError;
}

/**
 * Puts `current` back on every host that was switched, runs after-activate commands in the release it ran before, and
 * notes it in revisions.log; a host that had none loses its `current`. Then every host gets its row: why it failed and
 * where it is now, or that it was well and had to go with the others, for `why`. `after` comes before that, for those
 * that are back.
 * @returns how many are back
 */
export async function goBack(
  fleet: DeployFleet,
  { switched, bad }: BatchResult,
  {
    owner,
    why,
    after,
  }: { readonly owner: string; readonly why: string; readonly after?: AroundBatch["after"] },
): Promise<readonly DeployMember[]> {
  const results = await switchAllBack(fleet, switched, owner);
  await restore(fleet, results, after);
  for (const [member, { text, error }] of results) {
    const cause = bad.get(member);
    if (cause !== undefined) {
      const hint = cause.hint?.replace(OR_GO_BACK, "");
      // A host that is gone fails twice for one reason.
      const then = error?.message === cause.message ? "it could not go back" : text;
      fleet.fail(member, new OpsError(cause.code, `${cause.message}; ${then}`, { hint, host: member.name }));
    } else if (error !== undefined) {
      fleet.fail(
        member,
        new OpsError(error.code, `${text}, ${why}`, { hint: error.hint, host: member.name }),
      );
    } else {
      fleet.fail(member, new OpsError("remote", `${text}, ${why}`, { host: member.name }), "skipped");
    }
  }
  for (const [member, error] of bad) fleet.fail(member, error);
  return [...results].filter(([, { error }]) => error === undefined).map(([member]) => member);
}

/** Hosts that are back are in service again as they were: what was done before the switch is undone. */
async function restore(
  fleet: DeployFleet,
  results: Map<DeployMember, WentBack>,
  after: AroundBatch["after"],
): Promise<void> {
  const back = [...results].filter(([, { error }]) => error === undefined).map(([member]) => member);
  if (after === undefined || back.length === 0) return;
  try {
    for (const [member, error] of (await after(back)) ?? [])
      results.set(member, { text: `${results.get(member)?.text}, but ${error.message}`, error });
  } catch (error) {
    if (!(error instanceof OpsError) || error.code === "interrupted") throw error;
    fleet.note(`of the hosts that went back: ${error.message}`, { level: "warning" });
  }
}

async function switchAllBack(
  fleet: DeployFleet,
  switched: BatchResult["switched"],
  owner: string,
): Promise<Map<DeployMember, WentBack>> {
  const { signal } = fleet;
  const results = new Map<DeployMember, WentBack>();
  const each = (
    members: readonly DeployMember[],
    limit: number,
    work: (member: DeployMember) => Promise<WentBack>,
    problem: (error: OpsError, member: DeployMember) => WentBack,
  ) =>
    fleet.each(
      async (member) => {
        try {
          results.set(member, await work(member));
        } catch (error) {
          signal.throwIfAborted();
          results.set(member, problem(atHost(error, member.name), member));
        }
      },
      { members, limit: Math.max(1, limit) },
    );
  await each(
    [...switched.keys()],
    switched.size,
    async (member) => {
      const previous = switched.get(member);
      await peerOf(member).request("switchBack", { deployTo: member.settings.deployTo, previous });
      const text =
        previous === undefined
          ? "its current was removed, for there was none before"
          : `went back to ${previous}`;
      fleet.emit({ type: "status", host: member.name, status: "prepared", detail: text });
      return { text };
    },
    (error) => ({ text: `could not go back: ${error.message}`, error }),
  );
  const back = [...results].filter(([, { error }]) => error === undefined).map(([member]) => member);
  await each(
    back,
    fleet.forks,
    async (member) => {
      await settle(fleet, member, switched.get(member), owner);
      return results.get(member) as WentBack;
    },
    (error, member) => ({ text: `${results.get(member)?.text}, but there ${error.message}`, error }),
  );
  return results;
}

/** What is left to do on a host whose `current` is release `id` again. */
async function settle(
  fleet: DeployFleet,
  member: DeployMember,
  id: string | undefined,
  owner: string,
): Promise<void> {
  if (id === undefined) return;
  const { deployTo, afterActivate } = member.settings;
  await runCommands(fleet, member, id, afterActivate, "rookery_after_activate");
  // One that was never good (a deploy before this one failed as well) doesn't become so by being gone back to.
  const held = member.survey?.report?.releases.find((release) => release.id === id);
  if (held?.state === "unpacked") return;
  const params = { deployTo, id, by: owner, rollback: true };
  await peerOf(member).request("markGood", params, { signal: fleet.signal });
}
