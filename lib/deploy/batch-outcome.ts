// What is true when the batches ended early: said once, for the headline.
import { OpsError } from "../errors.ts";
import type { Fleet } from "../swarm/fleet.ts";
import type { BatchResult, DeployMember } from "./batch.ts";
import type { PlannedHost } from "./hosts.ts";
import { OR_GO_BACK } from "./release-commands.ts";

interface Ended {
  readonly id: string;
  readonly plan: { readonly rollback?: boolean };
  readonly results: ReadonlyMap<unknown, BatchResult>;
  /** Hosts that run the release again that they ran before. */
  readonly back: ReadonlySet<DeployMember>;
}

/** A batch failed, and that was the end of it. */
export function stoppedAt(
  fleet: Fleet<PlannedHost>,
  { index, of }: { readonly index: number; readonly of: number },
  { reason, ...ended }: Ended & { readonly reason: string },
): OpsError {
  const what = of === 1 ? "the switch failed" : `batch ${index} of ${of} failed`;
  const hint = `mend what failed and ${howToGoOn(fleet, ended)}`;
  return new OpsError("remote", `${what}: ${reason}; ${whereHostsAre(fleet, ended)}`, { hint });
}

/** Ctrl+C when hosts had been switched already. */
export function interruptedIn(fleet: Fleet<PlannedHost>, ended: Ended): OpsError {
  const hint = ended.plan.rollback
    ? "run the same again"
    : "go on with --resume, or go back with rollback.ts";
  return new OpsError("interrupted", `interrupted: ${whereHostsAre(fleet, ended)}`, { hint });
}

function howToGoOn(fleet: Fleet<PlannedHost>, { plan, results, back }: Ended): string {
  if (plan.rollback) return "run the same again";
  const switched = [...results.values()].reduce((sum, result) => sum + result.switched.size, 0);
  const anyRuns = fleet.count("ok") > 0 || switched > back.size;
  return anyRuns ? `go on with --resume${OR_GO_BACK}` : "go on with --resume";
}

function whereHostsAre(fleet: Fleet<PlannedHost>, { id, results, back }: Ended): string {
  const switched = [...results.values()].flatMap((result) => [...result.switched.keys()]);
  const statuses = switched.filter((member) => !back.has(member)).map(({ name }) => fleet.status(name));
  const unwell = statuses.filter((status) => status !== "ok" && status !== "active").length;
  const unfinished = fleet.count("active");
  const left = fleet.alive.length - unfinished;
  const runs = fleet.count("ok");
  const parts = [
    `${runs === 0 ? "no host runs" : runs === 1 ? "1 host runs" : `${runs} hosts run`} ${id}`,
    unwell === 0 ? "" : `${unwell} switched to it, but not well`,
    unfinished === 0 ? "" : `${unfinished} switched to it, but not finished`,
    back.size === 0 ? "" : `${back.size} went back`,
    left === 0 ? "" : `${left} left as before`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
