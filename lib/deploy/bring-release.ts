// Several steps of a deploy in one, for deploy.ts and for scripts that differ from it in how they switch.
import { OpsError } from "../errors.ts";
import { bootstrapAll } from "../swarm/bootstrap.ts";
import { connectAll } from "../swarm/connect.ts";
import type { Fleet } from "../swarm/fleet.ts";
import { chooseFor, distributeRelease, prepareAll } from "./bring.ts";
import type { Choice } from "./choose.ts";
import type { PlannedHost } from "./hosts.ts";
import { lockFirst } from "./lock-all.ts";
import { openRelease, openSourceOf, type Release } from "./open-release.ts";
import type { DeployPlan } from "./plan.ts";
import { requireSameTree } from "./resume.ts";
import { requireHosts } from "./switch.ts";

/** A packed release with the name it will have on the hosts, and who runs or holds it already. */
export type NamedRelease = Omit<Release, "id"> & Choice;

/**
 * Lists the source, connects to all hosts, packs what they need and names the release. Changes nothing on any host, unless
 * `--lock-wait` was given; hosts that run it already are `ok` and out. Disposing removes what was packed.
 * @throws OpsError `source`, `disk-full`; `locked`; `unreachable` when no host could be looked at
 */
export async function nameRelease(
  fleet: Fleet<PlannedHost>,
  plan: DeployPlan,
  { check = false }: { /** Take no lock. */ readonly check?: boolean } = {},
): Promise<NamedRelease> {
  for (const warning of plan.warnings) fleet.note(warning, { level: "warning" });
  if (plan.nothing !== undefined) throw new OpsError("usage", plan.nothing);
  await using stack = new AsyncDisposableStack();
  // First, so that a source that can't be read is told before any host is asked.
  await using source = await openSourceOf(fleet, plan);
  await connectAll(fleet, { deployTo: ({ settings }) => settings.deployTo });
  if (!check) await lockFirst(fleet, plan);
  const release = stack.use(await openRelease(fleet, plan, source));
  requireSameTree(release, plan);
  const named = { ...release, ...chooseFor(fleet, release) };
  stack.move();
  return named;
}

/**
 * All of a deploy that comes before the switch, on the hosts that don't run the release yet: it is locked, brought to every
 * disk, checked and unpacked, and before-activate commands are run. What is left to say is which hosts switch when.
 * @throws OpsError when more hosts failed than may (`--allow-failures`), and nothing is switched then; `locked`
 *
 * @example
 * await using release = await nameRelease(fleet, plan);
 * await bringRelease(fleet, release, plan);
 * await activateInBatches(fleet, release, plan);
 */
export async function bringRelease(
  fleet: Fleet<PlannedHost>,
  release: NamedRelease,
  plan: DeployPlan,
): Promise<void> {
  if (fleet.alive.length === 0) return;
  await bootstrapAll(fleet);
  await distributeRelease(fleet, release, release, plan);
  await prepareAll(fleet, release, release);
  requireHosts(fleet, plan.allowance);
}
