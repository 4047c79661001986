#!/usr/bin/env bun
// Bring a file, or what a folder holds, to every matching host: bun scripts/distribute.ts prod web ./model.bin /srv/models/
import {
  bootstrapAll,
  connectAll,
  distributeFiles,
  distributeOptions,
  openRelease,
  planDistribute,
  record,
  script,
  startFleet,
  watch,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = distributeOptions(Bun.argv.slice(2));
  const plan = await planDistribute(options, { signal });
  await using fleet = startFleet(plan.hosts, {
    title: `${plan.app} to ${plan.folder}`,
    forks: plan.forks,
    signal,
  });
  await using _record = record(fleet, { kind: "distribute", ...options, ...plan });
  await using _screen = watch(fleet, options);
  return await fleet.run(async () => {
    await using release = await openRelease(fleet, plan);
    await connectAll(fleet);
    await bootstrapAll(fleet);
    await fleet.phase("distribute", () => distributeFiles(fleet, release, plan));
    return `${plan.app} is in ${plan.folder} on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
