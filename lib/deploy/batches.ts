// The switch, batch by batch: what may fail, and what is done when more does.
import { OpsError } from "../errors.ts";
import { batchesOf } from "../serial.ts";
import type { Fleet, NewEvent } from "../swarm/fleet.ts";
import { isFinal, isLost } from "../swarm/state.ts";
import { exceeds } from "./allowance.ts";
import { type AroundBatch, type BatchResult, type DeployMember, finishBatch, switchBatch } from "./batch.ts";
import { interruptedIn, stoppedAt } from "./batch-outcome.ts";
import { goBack } from "./go-back.ts";
import type { PlannedHost } from "./hosts.ts";
import type { Rolling } from "./rolling.ts";

export type { AroundBatch } from "./batch.ts";

type DeployFleet = Fleet<PlannedHost>;

export interface BatchPlan extends Rolling {
  /** user@host, for the hosts' logs. */
  readonly owner: string;
  /** The log calls it a rollback. */
  readonly rollback?: boolean;
}

interface Batch {
  /** Counted from 1. */
  readonly index: number;
  readonly of: number;
  readonly hosts: readonly DeployMember[];
}

/**
 * Switches the hosts to release `id` batch by batch: `current`, after-activate commands, health checks; the next batch
 * begins when enough hosts of this one are well. Batches are made of all hosts of the run, in inventory order, so that
 * hosts already lost count in theirs.
 * @throws OpsError `remote` when a batch failed and others were left as they were, or hosts went back; `interrupted`
 */
export async function activateInBatches(
  fleet: DeployFleet,
  { id }: { readonly id: string },
  plan: BatchPlan,
  around: AroundBatch = {},
): Promise<void> {
  const { serial, canary, onFailure } = plan;
  const batches = batchesOf(fleet.members, serial, { canary }).map((hosts, index, { length }) => {
    return { index: index + 1, of: length, hosts };
  });
  const results = new Map<Batch, BatchResult>();
  const back = new Set<DeployMember>();
  const ended = { id, plan, results, back };
  const waitFrom = (index: number) =>
    batches.slice(index).some(({ hosts }) => waiting(fleet, hosts).length > 0);
  for (const batch of batches) announce(fleet, batch);
  try {
    for (const batch of batches) {
      if (!waitFrom(batch.index - 1)) break;
      const members = waiting(fleet, batch.hosts);
      let reason = verdict(fleet, batch, plan);
      if (members.length > 0 && (reason === undefined || onFailure === "continue")) {
        if (results.size > 0) await pauseBefore(fleet, batch, plan);
        tell(fleet, batch, { state: "running" });
        const result: BatchResult = { switched: new Map(), bad: new Map() };
        results.set(batch, result);
        await switchBatch(fleet, id, members, { ...around, result });
        reason = verdict(fleet, batch, plan, result.bad);
        if (reason === undefined || !goesBack(plan))
          await finishBatch(fleet, id, members, { ...plan, result });
      }
      tell(fleet, batch, reason === undefined ? { state: "done" } : { state: "failed", reason });
      if (reason === undefined || onFailure === "continue") continue;
      if (goesBack(plan)) {
        for (const member of await goBackFrom(fleet, batch, results, { plan, around })) back.add(member);
      }
      if (goesBack(plan) || waitFrom(batch.index - 1)) throw stoppedAt(fleet, batch, { ...ended, reason });
    }
  } catch (error) {
    if (!(error instanceof OpsError && error.code === "interrupted" && results.size > 0)) throw error;
    throw interruptedIn(fleet, ended);
  }
}

function goesBack({ onFailure }: BatchPlan): boolean {
  return onFailure === "rollback" || onFailure === "rollback-all";
}

/** Hosts of a batch that are still to be switched. */
function waiting(fleet: DeployFleet, hosts: readonly DeployMember[]): readonly DeployMember[] {
  return hosts.filter(({ name }) => !isFinal(fleet.status(name)));
}

/** Why this batch has failed, with what is known now; `bad` hosts have no row yet. */
function verdict(
  fleet: DeployFleet,
  { hosts }: Batch,
  plan: BatchPlan,
  bad: BatchResult["bad"] = new Map(),
): string | undefined {
  const losses = (members: readonly DeployMember[]) => {
    const lost = members.filter((member) => bad.has(member) || isLost(fleet.status(member.name)));
    return { lost: lost.length, size: members.length };
  };
  return exceeds(plan, { batch: losses(hosts), run: losses(fleet.members) });
}

async function goBackFrom(
  fleet: DeployFleet,
  failed: Batch,
  results: ReadonlyMap<Batch, BatchResult>,
  { plan, around }: { readonly plan: BatchPlan; readonly around: AroundBatch },
): Promise<readonly DeployMember[]> {
  const gone: DeployMember[] = [];
  const all = plan.onFailure === "rollback-all";
  // The newest first: it is the one that is known to be unwell.
  for (const [batch, result] of [...results].toReversed()) {
    if (batch !== failed && !all) continue;
    tell(fleet, batch, { state: "rolling-back", back: [...result.switched.keys()].map(({ name }) => name) });
    const why = batch === failed ? "with its batch" : `for batch ${failed.index} failed`;
    gone.push(...(await goBack(fleet, result, { owner: plan.owner, why, after: around.after })));
    tell(fleet, batch, { state: "rolled-back" });
  }
  return gone;
}

async function pauseBefore(fleet: DeployFleet, batch: Batch, { pause }: BatchPlan): Promise<void> {
  if (pause === undefined) return;
  tell(fleet, batch, { state: "paused", pause });
  await fleet.pause.wait({ forMs: pause === "ask" ? undefined : pause, signal: fleet.signal });
}

function announce(fleet: DeployFleet, batch: Batch): void {
  tell(fleet, batch, { state: "waiting" });
  if (batch.of === 1) return;
  const detail = `batch ${batch.index} of ${batch.of}`;
  for (const { name } of waiting(fleet, batch.hosts))
    fleet.emit({ type: "status", host: name, status: fleet.status(name), detail });
}

type Told = Omit<Extract<NewEvent, { type: "batch" }>, "type" | "index" | "of" | "hosts">;

function tell(fleet: DeployFleet, { index, of, hosts }: Batch, told: Told): void {
  fleet.emit({ type: "batch", index, of, hosts: hosts.map(({ name }) => name), ...told });
}
