#!/usr/bin/env bun
// Bring a file, or what a folder holds, to every matching host: bun scripts/distribute.ts prod web ./model.bin /srv/models/
import { bringFiles, distributeOptions, fleetFor, planDistribute, script } from "../lib/index.ts";

await script(async (signal) => {
  const options = distributeOptions(Bun.argv.slice(2));
  const plan = await planDistribute(options, { signal });
  const title = `${plan.app} to ${plan.folder}`;
  await using fleet = fleetFor(plan, { ...options, kind: "distribute", title, signal });
  return await fleet.run(async () => {
    await bringFiles(fleet, plan);
    return `${plan.app} is in ${plan.folder} on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
