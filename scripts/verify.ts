#!/usr/bin/env bun
// Is what runs what was deployed, file by file? bun scripts/verify.ts prod
import {
  bootstrapAll,
  connectAll,
  planVerify,
  script,
  startFleet,
  startPeers,
  verifiedText,
  verifyAll,
  verifyOptions,
  watch,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = verifyOptions(Bun.argv.slice(2));
  const plan = await planVerify(options, { signal });
  await using fleet = startFleet(plan.hosts, { title: "verify", forks: plan.forks, signal });
  await using _screen = watch(fleet, { ...options, quiet: true });
  return await fleet.run(async () => {
    await connectAll(fleet, { deployTo: ({ settings }) => settings.deployTo });
    await bootstrapAll(fleet);
    await startPeers(fleet);
    return await verifyAll(fleet, options, {
      onResult: (result) =>
        process.stdout.write(
          options.json ? `${JSON.stringify({ type: "verified", ...result })}\n` : verifiedText(result),
        ),
    });
  });
});
