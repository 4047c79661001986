#!/usr/bin/env bun
// Data on hosts, and in their memory, before it is needed: bun scripts/recipes/warm-cache.ts prod web ./models /srv/models
import { bringFiles, distributeOptions, fleetFor, planDistribute, script } from "../../lib/index.ts";

await script(async (signal) => {
  const options = distributeOptions(Bun.argv.slice(2), {
    example: "bun scripts/recipes/warm-cache.ts prod web ./models /srv/models",
    about:
      "Brings a file or folder to every host by torrent and reads it there once, so that the first request need not.",
    flags: { warm: { type: "text", value: "COMMAND", help: "run in DEST, instead of reading all files" } },
  });
  const plan = await planDistribute(options, { signal });
  const { app, folder, hosts } = plan;
  await using fleet = fleetFor(plan, { ...options, kind: "distribute", signal });
  return await fleet.run(async () => {
    await bringFiles(fleet, plan);
    await fleet.$({ cwd: folder })`sh -c ${options.warm ?? "find . -type f -exec cat {} + > /dev/null"}`;
    return `${app} is in ${folder}, and in memory, on ${fleet.count("ok")} of ${hosts.length} hosts`;
  });
});
