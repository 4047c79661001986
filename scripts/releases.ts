#!/usr/bin/env bun
// What each host runs and holds: bun scripts/releases.ts prod
import {
  connectAll,
  deployedBy,
  planReleases,
  readJournals,
  releasesOptions,
  releasesTable,
  script,
  startFleet,
  watch,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = releasesOptions(Bun.argv.slice(2));
  const plan = await planReleases(options, { signal });
  await using fleet = startFleet(plan.hosts, { title: "releases", forks: plan.forks, signal });
  await using _screen = watch(fleet, { ...options, quiet: true });
  return await fleet.run(async () => {
    await connectAll(fleet, { deployTo: ({ settings }) => settings.deployTo });
    const deployed = deployedBy(fleet, await readJournals(fleet));
    if (!options.json) process.stdout.write(releasesTable(fleet, deployed));
    else
      for (const { name, survey } of fleet.alive)
        console.log(
          JSON.stringify({ type: "releases", host: name, ...survey?.report, deployed: deployed.get(name) }),
        );
    return `looked at ${fleet.alive.length} of ${plan.hosts.length} hosts`;
  });
});
