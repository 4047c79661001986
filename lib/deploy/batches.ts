// The switch, batch by batch.
import type { Fleet, Member } from "../swarm/fleet.ts";
import type { PlannedHost } from "./hosts.ts";
import { activateAll } from "./switch.ts";

type DeployMember = Member<PlannedHost>;

/** What is done around the switch of each batch; what they throw fails the batch. */
export interface AroundBatch {
  readonly before?: ((members: readonly DeployMember[]) => Promise<void>) | undefined;
  readonly after?: ((members: readonly DeployMember[]) => Promise<void>) | undefined;
}

interface BatchPlan {
  /** user@host, for the hosts' logs. */
  readonly owner: string;
  /** The log calls it a rollback. */
  readonly rollback?: boolean;
}

/** Switches the hosts to release `id` batch by batch. */
export async function activateInBatches(
  fleet: Fleet<PlannedHost>,
  { id }: { readonly id: string },
  plan: BatchPlan,
  { before, after }: AroundBatch = {},
): Promise<void> {
  const members = fleet.alive;
  await before?.(members);
  await activateAll(fleet, { id }, { ...plan, members });
  await after?.(members);
}
