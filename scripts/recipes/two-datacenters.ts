#!/usr/bin/env bun
// One datacenter after the other, a release of one name: bun scripts/recipes/two-datacenters.ts prod dc1 dc2
import {
  activateAll,
  bringOptions,
  bringRelease,
  fleetFor,
  nameRelease,
  planDeploy,
  script,
} from "../../lib/index.ts";

await script(async (signal) => {
  const options = bringOptions(Bun.argv.slice(2), {
    example: "bun scripts/recipes/two-datacenters.ts prod dc1 dc2",
    about: "Deploys to one group of hosts after the other; one that fails keeps those after it as they are.",
    words: "INVENTORY GROUP GROUP...",
    minWords: 3,
    maxWords: 20,
  });
  const [inventory = "", ...datacenters] = options.words;
  let { release } = options;
  for (const datacenter of datacenters) {
    const plan = await planDeploy({ ...options, release, words: [inventory, datacenter] }, { signal });
    await using fleet = fleetFor(plan, { ...options, kind: "deploy", signal });
    const exitCode = await fleet.run(async () => {
      await using brought = await nameRelease(fleet, plan);
      await bringRelease(fleet, brought, plan);
      await activateAll(fleet, brought, plan);
      release = brought.id;
      return `${plan.app} is ${release} in ${datacenter}`;
    });
    if (exitCode !== 0) return exitCode;
  }
});
