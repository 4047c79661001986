#!/usr/bin/env bun
// Deploy beside what is live, then turn a link to it: bun scripts/recipes/blue-green.ts prod web --probe ./bin/selftest
import {
  activateInBatches,
  bringOptions,
  bringRelease,
  fleetFor,
  nameRelease,
  openFleet,
  planDeploy,
  script,
} from "../../lib/index.ts";

await script(async (signal) => {
  const options = bringOptions(Bun.argv.slice(2), {
    example: "bun scripts/recipes/blue-green.ts prod web --probe ./bin/selftest",
    about: "Deploys to the idle one of /srv/shop/{{ colour }} (rookery_deploy_to); /srv/shop/live follows.",
    flags: { probe: { type: "text", value: "COMMAND", help: "run in the new release: 0 is well" } },
  });
  const { probe = "true" } = options;
  const vars = (colour: string) => [...options.extraVars, `colour=${colour}`];
  await using all = await openFleet({ ...options, extraVars: vars("blue") }, { quiet: true, signal });
  const looked = await all.$`readlink ${({ value }) => `${value("rookery_deploy_to")}`}/../live || :`;
  if (looked.failed.length > 0) return looked.exitCode;
  const colour = looked.ok.some(({ stdout }) => stdout === "blue\n") ? "green" : "blue";
  const plan = await planDeploy({ ...options, extraVars: vars(colour) }, { signal });
  await using fleet = fleetFor(plan, { ...options, kind: "deploy", signal });
  return await fleet.run(async () => {
    await using release = await nameRelease(fleet, plan);
    await bringRelease(fleet, release, plan);
    await activateInBatches(fleet, release, plan, {
      after: async (members) =>
        void (await fleet.$({ members })`cd ${({ settings }) => settings.deployTo}/current; sh -c ${probe}`),
    });
    if (fleet.count("ok") < plan.hosts.length) return `what was live stays so: not all are well in ${colour}`;
    await fleet.$`cd ${({ settings }) => settings.deployTo}/..; ln -sfn ${colour} live.new; mv -T live.new live`;
    return `${colour} is live with ${release.id} on ${fleet.count("ok")} hosts`;
  });
});
