#!/usr/bin/env bun
// What a deploy needs on hosts, put there beforehand: bun scripts/warm.ts prod
import { connectAll, planReleases, script, startFleet, warmHosts, warmOptions, watch } from "../lib/index.ts";

await script(async (signal) => {
  const options = warmOptions(Bun.argv.slice(2));
  const plan = await planReleases(options, { signal });
  await using fleet = startFleet(plan.hosts, { title: "warm up", forks: plan.forks, signal });
  await using _screen = watch(fleet, options);
  return await fleet.run(async () => {
    await connectAll(fleet);
    return await warmHosts(fleet);
  });
});
