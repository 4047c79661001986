// The switch: when enough hosts are ready, `current` on all of them, and what is left to do then.
import { OpsError } from "../errors.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import { type Allowance, allowedFailures } from "./allowance.ts";
import type { PlannedHost } from "./hosts.ts";
import { runCommands } from "./release-commands.ts";

type DeployFleet = Fleet<PlannedHost>;
type DeployMember = Member<PlannedHost>;

/** @throws OpsError when more hosts are out than may be; the message says that nothing was switched */
export function requireHosts(fleet: DeployFleet, allowance: Allowance): void {
  const hosts = fleet.members.length;
  const lost = fleet.members.filter(({ name }) => ["failed", "unreachable"].includes(fleet.status(name)));
  const allowed = allowedFailures(allowance, hosts);
  if (fleet.alive.length === 0 && lost.length > 0)
    throw new OpsError("remote", "nothing was switched: no host is ready");
  if (lost.length <= allowed) return;
  const names = lost.map(({ name }) => name);
  const listed = names.length > 5 ? `${names.slice(0, 5).join(", ")} … (${names.length})` : names.join(", ");
  throw new OpsError("remote", `nothing was switched: ${lost.length} of ${hosts} hosts failed (${listed})`, {
    hint: `mend them and deploy again (the others hold the release already), leave them out with --limit, or allow it with --allow-failures ${lost.length}`,
  });
}

interface ActivateOptions {
  /** user@host, for the host's log. */
  readonly owner: string;
  /** The log calls it a rollback. */
  readonly rollback?: boolean;
  /** Which hosts: a canary first, for instance; all that are still in when left out. */
  readonly members?: readonly DeployMember[];
}

/** Switches `current` on every host, then runs after-activate commands, marks the release good and prunes. */
export async function activateAll(
  fleet: DeployFleet,
  { id }: { readonly id: string },
  { owner, rollback = false, members = fleet.alive }: ActivateOptions,
): Promise<void> {
  try {
    // Once it has begun, a Ctrl+C waits for the renames: half a fleet switched is nobody's wish.
    const switchOne = async (member: DeployMember) => {
      await peerOf(member).request("activate", { deployTo: member.settings.deployTo, id });
      fleet.emit({ type: "status", host: member.name, status: "active" });
    };
    const switched = await fleet.each(switchOne, { members, limit: Math.max(1, members.length) });
    const alive = [...switched.keys()].filter((member) => fleet.alive.includes(member));
    await fleet.each((member) => finish(fleet, member, { id, owner, rollback }), { members: alive });
  } catch (error) {
    const switched = fleet.count("active");
    if (!(error instanceof OpsError && error.code === "interrupted" && switched > 0)) throw error;
    throw new OpsError(
      "interrupted",
      `interrupted: ${switched} hosts were switched to ${id}, but are not finished`,
      {
        hint: "run the same again: it goes on with their after-activate commands",
      },
    );
  }
}

/** What is left to do on a host once its `current` is switched. */
async function finish(
  fleet: DeployFleet,
  member: DeployMember,
  { id, owner, rollback }: { readonly id: string; readonly owner: string; readonly rollback: boolean },
): Promise<void> {
  const { deployTo, afterActivate, keepReleases } = member.settings;
  const { signal } = fleet;
  const peer = peerOf(member);
  await runCommands(fleet, member, id, afterActivate, "rookery_after_activate");
  await peer.request("markGood", { deployTo, id, by: owner, rollback }, { signal });
  if (keepReleases > 0) await peer.request("prune", { deployTo, keep: keepReleases }, { signal });
  await peer.request("unlock", { deployTo });
  fleet.emit({ type: "status", host: member.name, status: "ok" });
}
