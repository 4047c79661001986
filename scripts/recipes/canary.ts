#!/usr/bin/env bun
// One host first, the rest when it is well: bun scripts/recipes/canary.ts prod --probe 'curl -fsS localhost:8080/health'
import {
  activateInBatches,
  bringOptions,
  bringRelease,
  fleetFor,
  nameRelease,
  planDeploy,
  script,
} from "../../lib/index.ts";

await script(async (signal) => {
  const options = bringOptions(Bun.argv.slice(2), {
    example: "bun scripts/recipes/canary.ts prod --probe 'curl -fsS localhost:8080/health'",
    about: "Brings a release to every host, switches one, and the others once that one is well.",
    flags: { probe: { type: "text", value: "COMMAND", help: "run on the canary, up to 5 times: 0 is well" } },
  });
  const { probe = "true" } = options;
  const plan = await planDeploy(options, { signal });
  await using fleet = fleetFor(plan, { ...options, kind: "deploy", signal });
  return await fleet.run(async () => {
    await using release = await nameRelease(fleet, plan);
    await bringRelease(fleet, release, plan);
    // A canary that is not well fails its batch, and the next, which holds the release by now, stays at its own.
    const canary = fleet.alive.slice(0, 1).map(({ name }) => name);
    const rolling = { ...plan, canary };
    await activateInBatches(fleet, release, rolling, {
      after: async (members) =>
        void (await fleet.$({
          members,
        })`for try in 1 2 3 4 5; do sh -c ${probe} && exit; sleep 1; done; exit 1`),
    });
    return `${plan.app} is ${release.id} on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
