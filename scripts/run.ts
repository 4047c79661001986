#!/usr/bin/env bun
// Run a command on every matching host: bun scripts/run.ts prod web -- uptime
import { chalk } from "zx";
import { planFleet, runAll, runOptions, script, startFleet, watch } from "../lib/index.ts";

await script(async (signal) => {
  const options = runOptions(Bun.argv.slice(2));
  const plan = await planFleet(options, { signal });
  const words = options.rest ?? [];
  const timeoutMs = options.timeout === undefined ? undefined : options.timeout * 1000;
  await using fleet = startFleet(plan.hosts, { title: words.join(" "), forks: plan.forks, signal });
  await using _screen = watch(fleet, { ...options, quiet: true });
  return await fleet.run(async () => {
    await runAll(fleet, words, {
      timeoutMs,
      onResult: ({ host, exitCode, stdout, stderr }) => {
        if (options.json) return fleet.emit({ type: "output", host, stream: "stdout", text: stdout });
        const colour = exitCode === 0 ? chalk.green : chalk.red;
        console.log(`${colour(`${host} | rc=${exitCode} >>`)}\n${stdout}${stderr}`.trimEnd());
      },
    });
    return `ran on ${fleet.count("ok")} of ${plan.hosts.length} hosts`;
  });
});
