#!/usr/bin/env bun
// Deploy beside what is live, then turn a link to it: bun scripts/recipes/blue-green.ts prod web --probe ./bin/selftest
import {
  activateAll,
  bringOptions,
  bringRelease,
  fleetFor,
  openFleet,
  planDeploy,
  script,
} from "../../lib/index.ts";

await script(async (signal) => {
  const options = bringOptions(Bun.argv.slice(2), {
    example: "bun scripts/recipes/blue-green.ts prod web --probe ./bin/selftest",
    about:
      "Deploys to the idle one of /srv/shop/{{ colour }} (rookery_deploy_to); the link `live` beside them follows.",
    flags: { probe: { type: "text", value: "COMMAND", help: "run in the new release: 0 is well" } },
  });
  const vars = (colour: string) => [...options.extraVars, `colour=${colour}`];
  await using hosts = await openFleet({ ...options, extraVars: vars("blue") }, { quiet: true, signal });
  const looked =
    await hosts.$`readlink "$(dirname ${({ value }) => `${value("rookery_deploy_to")}`})/live" || :`;
  if (looked.failed.length > 0) return looked.exitCode;
  const colour = looked.ok.some(({ stdout }) => stdout === "blue\n") ? "green" : "blue";
  const plan = await planDeploy({ ...options, extraVars: vars(colour) }, { signal });
  await using fleet = fleetFor(plan, { ...options, title: `${plan.app} goes ${colour}`, signal });
  return await fleet.run(async () => {
    await using release = await bringRelease(fleet, plan);
    await activateAll(fleet, release, plan);
    const tested =
      await fleet.$`cd ${({ settings }) => settings.deployTo}/current; sh -c ${options.probe ?? "true"}`;
    if (tested.failed.length > 0) return `what was live stays so: ${tested.failed.length} hosts are not well`;
    await fleet.$`cd ${({ settings }) => settings.deployTo}/..; ln -sfn ${colour} live.new; mv -T live.new live`;
    return `${colour} is live with ${release.id} on ${fleet.count("ok")} hosts`;
  });
});
