#!/usr/bin/env bun
// Switch every host back to one release, the same on all: bun scripts/rollback.ts prod [RELEASE]
import {
  activateInBatches,
  bootstrapAll,
  bringBack,
  chooseBack,
  connectAll,
  fleetFor,
  lockAll,
  lockFirst,
  planRollback,
  playbooksAround,
  previewBack,
  rehearsePlaybooks,
  requireHosts,
  rollbackOptions,
  script,
  startPeers,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = rollbackOptions(Bun.argv.slice(2));
  const plan = await planRollback(options, { signal });
  const title = `${plan.app} back`;
  await using fleet = fleetFor(plan, { ...options, kind: "rollback", title, signal });
  return await fleet.run(async () => {
    await connectAll(fleet, { deployTo: ({ settings }) => settings.deployTo });
    if (!options.check) await lockFirst(fleet, plan);
    const choice = chooseBack(fleet, plan);
    if (options.check) {
      await rehearsePlaybooks(fleet, choice, plan);
      return previewBack(fleet, choice);
    }
    if (fleet.alive.length === 0)
      return `${choice.id} runs already on ${fleet.count("ok")} of ${plan.hosts.length} hosts: nothing to do`;
    await bootstrapAll(fleet);
    await startPeers(fleet);
    await lockAll(fleet, plan);
    await bringBack(fleet, choice, plan);
    requireHosts(fleet, plan.allowance);
    const around = playbooksAround(fleet, choice, plan);
    await fleet.phase("activate", () =>
      activateInBatches(fleet, choice, { ...plan, rollback: true }, around),
    );
    return `${plan.app} is back at ${choice.id} on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
