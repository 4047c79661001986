#!/usr/bin/env bun
// Put a release on every matching host and switch to it: bun scripts/deploy.ts prod --limit 'web:!web9'
import {
  activateInBatches,
  bootstrapAll,
  deployOptions,
  distributeRelease,
  fleetFor,
  nameRelease,
  planDeploy,
  playbooksAround,
  prepareAll,
  previewDeploy,
  requireHosts,
  script,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = deployOptions(Bun.argv.slice(2));
  const plan = await planDeploy(options, { signal });
  await using fleet = fleetFor(plan, { ...options, kind: "deploy", signal });
  return await fleet.run(async () => {
    if (plan.nothing !== undefined) return plan.nothing;
    await using release = await nameRelease(fleet, plan, options);
    if (options.check) return previewDeploy(fleet, release, release, plan);
    if (fleet.alive.length === 0)
      return `${release.id} runs already on ${fleet.count("ok")} of ${plan.hosts.length} hosts: nothing to do`;
    await bootstrapAll(fleet);
    await distributeRelease(fleet, release, release, plan);
    await fleet.phase("activate", async () => {
      await prepareAll(fleet, release, release);
      requireHosts(fleet, plan.allowance);
      await activateInBatches(fleet, release, plan, playbooksAround(fleet, release, plan));
    });
    return `${plan.app} is ${release.id} on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
