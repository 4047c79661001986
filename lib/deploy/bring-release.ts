// Several steps of a deploy in one, for scripts that differ in what comes after them.
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

/** A release that is on its hosts, or will be: its name and who runs or holds it; disposing removes what was packed. */
export interface NamedRelease extends Choice, AsyncDisposable {
  readonly release: Release;
}

/**
 * Connects to all hosts, waits for the lock where `--lock-wait` says so (never with `check`), packs the source and names the
 * release. Hosts that run it already are `ok` and out.
 * @throws OpsError `source`, `disk-full`; `unreachable` when no host could be looked at
 */
export async function nameRelease(
  fleet: Fleet<PlannedHost>,
  plan: DeployPlan,
  { check = false }: { readonly check?: boolean } = {},
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
  const choice = chooseFor(fleet, release);
  const kept = stack.move();
  return { ...choice, release, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/**
 * Everything of a deploy but the switch: packs the source, connects, locks, brings the release to every disk, unpacks and
 * checks it and runs the before-activate commands. What is left to say is which hosts switch when: `activateInBatches`.
 * @throws OpsError when more hosts failed than may (`--allow-failures`); nothing is switched then
 *
 * @example
 * await using release = await bringRelease(fleet, plan);
 * await activateInBatches(fleet, release, plan);
 */
export async function bringRelease(fleet: Fleet<PlannedHost>, plan: DeployPlan): Promise<NamedRelease> {
  await using stack = new AsyncDisposableStack();
  const named = stack.use(await nameRelease(fleet, plan));
  if (fleet.alive.length > 0) {
    await bootstrapAll(fleet);
    await distributeRelease(fleet, named.release, named, plan);
    await prepareAll(fleet, named.release, named);
    requireHosts(fleet, plan.allowance);
  }
  stack.move();
  return named;
}
