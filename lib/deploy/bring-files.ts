// The steps of distribute.ts in one, for scripts that go on from there.
import { bootstrapAll } from "../swarm/bootstrap.ts";
import { connectAll } from "../swarm/connect.ts";
import type { Fleet } from "../swarm/fleet.ts";
import { type DistributeHost, type DistributePlan, distributeFiles } from "./distribute.ts";
import { openRelease } from "./open-release.ts";

/**
 * Brings the files of a plan to their place on every host of the fleet, by torrent. Hosts that have them are `ok`.
 * @throws OpsError `source` when they can't be read, `disk-full` when the temporary folder is
 *
 * @example
 * const plan = await planDistribute(distributeOptions(Bun.argv.slice(2)), { signal });
 * await using fleet = startFleet(plan.hosts, { title: plan.app, forks: plan.forks, signal });
 * await bringFiles(fleet, plan);
 */
export async function bringFiles(fleet: Fleet<DistributeHost>, plan: DistributePlan): Promise<void> {
  await using release = await openRelease(fleet, plan);
  await connectAll(fleet);
  await bootstrapAll(fleet);
  await fleet.phase("distribute", () => distributeFiles(fleet, release, plan));
}
