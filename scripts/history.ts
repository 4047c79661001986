#!/usr/bin/env bun
// Who deployed what, when and how it ended: bun scripts/history.ts prod --app shop
import {
  chosenEntries,
  connectAll,
  historyOptions,
  journalTable,
  jsonLines,
  openHistory,
  planReleases,
  readJournals,
  runFilter,
  runsTable,
  script,
  startFleet,
  watch,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = historyOptions(Bun.argv.slice(2));
  if (!options.fromHosts) {
    using history = openHistory();
    const runs = history.runs(runFilter(options));
    process.stdout.write(options.json ? jsonLines("run", runs) : runsTable(runs, options));
    return 0;
  }
  const plan = await planReleases(options, { signal });
  await using fleet = startFleet(plan.hosts, { title: "journals", forks: plan.forks, signal });
  await using _screen = watch(fleet, { ...options, quiet: true });
  return await fleet.run(async () => {
    await connectAll(fleet);
    const entries = chosenEntries(await readJournals(fleet, options), options);
    process.stdout.write(options.json ? jsonLines("journal", entries) : journalTable(entries));
    return `read the journals of ${fleet.alive.length} of ${plan.hosts.length} hosts`;
  });
});
