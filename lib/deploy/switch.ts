// The switch: when enough hosts are ready, `current` on all of them, and what is left to do then.
import { OpsError } from "../errors.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import { isLost } from "../swarm/state.ts";
import { type Allowance, allowedFailures } from "./allowance.ts";
import { type BatchResult, finishBatch, switchBatch } from "./batch.ts";
import { interruptedIn } from "./batch-outcome.ts";
import type { PlannedHost } from "./hosts.ts";

type DeployFleet = Fleet<PlannedHost>;
type DeployMember = Member<PlannedHost>;

/** @throws OpsError when more hosts are out than may be; the message says that nothing was switched */
export function requireHosts(fleet: DeployFleet, allowance: Allowance): void {
  const hosts = fleet.members.length;
  const lost = fleet.members.filter(({ name }) => isLost(fleet.status(name)));
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

/**
 * One batch by itself: switches `current` on every host, runs after-activate commands and health checks, marks the
 * release good where all is well, and prunes. Hosts that are not well become failed rows.
 */
export async function activateAll(
  fleet: DeployFleet,
  { id }: { readonly id: string },
  { owner, rollback = false, members = fleet.alive }: ActivateOptions,
): Promise<void> {
  const result: BatchResult = { switched: new Map(), bad: new Map() };
  try {
    await switchBatch(fleet, id, members, { result });
    await finishBatch(fleet, id, members, { owner, rollback, result });
  } catch (error) {
    if (!(error instanceof OpsError && error.code === "interrupted" && result.switched.size > 0)) throw error;
    throw interruptedIn(fleet, { id, plan: { rollback }, results: new Map([[1, result]]), back: new Set() });
  }
}
