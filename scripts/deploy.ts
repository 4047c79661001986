#!/usr/bin/env bun
// Put a release on every matching host and switch to it: bun scripts/deploy.ts prod --limit 'web:!web9'
import {
  activateInBatches,
  bootstrapAll,
  chooseFor,
  connectAll,
  deployOptions,
  distributeRelease,
  lockFirst,
  openRelease,
  openSourceOf,
  planDeploy,
  playbooksAround,
  prepareAll,
  previewDeploy,
  record,
  requireHosts,
  requireSameTree,
  script,
  startFleet,
  watch,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = deployOptions(Bun.argv.slice(2));
  const plan = await planDeploy(options, { signal });
  await using fleet = startFleet(plan.hosts, {
    title: `${plan.app} from ${plan.source}`,
    forks: plan.forks,
    signal,
  });
  await using _record = record(fleet, { kind: "deploy", ...options, ...plan });
  await using _screen = watch(fleet, options);
  return await fleet.run(async () => {
    for (const warning of plan.warnings) fleet.note(warning, { level: "warning" });
    if (plan.nothing !== undefined) return plan.nothing;
    await using source = await openSourceOf(fleet, plan);
    await connectAll(fleet, { deployTo: ({ settings }) => settings.deployTo });
    if (!options.check) await lockFirst(fleet, plan);
    await using release = await openRelease(fleet, plan, source);
    requireSameTree(release, plan);
    const choice = chooseFor(fleet, release);
    if (options.check) return previewDeploy(fleet, release, choice, plan);
    if (fleet.alive.length === 0)
      return `${choice.id} runs already on ${fleet.count("ok")} of ${plan.hosts.length} hosts: nothing to do`;
    await bootstrapAll(fleet);
    await distributeRelease(fleet, release, choice, plan);
    await fleet.phase("activate", async () => {
      await prepareAll(fleet, release, choice);
      requireHosts(fleet, plan.allowance);
      await activateInBatches(fleet, choice, plan, playbooksAround(fleet, choice, plan));
    });
    return `${plan.app} is ${choice.id} on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
