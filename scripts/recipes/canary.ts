#!/usr/bin/env bun
// One host first, the rest when it is well: bun scripts/recipes/canary.ts prod --probe 'curl -fsS localhost:8080/health'
import { activateAll, bringOptions, bringRelease, fleetFor, planDeploy, script } from "../../lib/index.ts";

await script(async (signal) => {
  const options = bringOptions(Bun.argv.slice(2), {
    example: "bun scripts/recipes/canary.ts prod --probe 'curl -fsS localhost:8080/health'",
    about: "Brings a release to every host, switches one, and the others once that one is well.",
    flags: { probe: { type: "text", value: "COMMAND", help: "run on the canary, up to 5 times: 0 is well" } },
  });
  const { probe = "true" } = options;
  const plan = await planDeploy(options, { signal });
  await using fleet = fleetFor(plan, { ...options, title: `${plan.app}, a canary first`, signal });
  return await fleet.run(async () => {
    await using release = await bringRelease(fleet, plan);
    const [canary, ...others] = fleet.alive;
    if (canary === undefined) return `${plan.app} is ${release.id} on all hosts already`;
    await activateAll(fleet, release, { ...plan, members: [canary] });
    // An error here ends the run: the others hold the release by now, and stay at their own.
    await canary.$`for try in 1 2 3 4 5; do sh -c ${probe} && exit; sleep 1; done; exit 1`;
    await activateAll(fleet, release, { ...plan, members: others });
    return `${plan.app} is ${release.id} on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
