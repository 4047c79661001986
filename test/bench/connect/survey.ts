#!/usr/bin/env bun
// Connects to every host of an inventory and surveys it, as a deploy begins: one line a host.
import { connectAll, planFleet, runOptions, script, startFleet } from "../../../lib/index.ts";
import { FAN_OUT } from "./contenders.ts";

await script(async (signal) => {
  const [inventory = ""] = Bun.argv.slice(2);
  const plan = await planFleet(runOptions(["-i", inventory, "all", "--", "true"]), { signal });
  await using fleet = startFleet(plan.hosts, { title: "survey", forks: FAN_OUT, signal });
  return await fleet.run(async () => {
    await connectAll(fleet);
    for (const { name, survey } of fleet.members) console.log(`${name} ${survey?.platform.system}`);
    return "surveyed";
  });
});
