#!/usr/bin/env bun
// What would stop a deploy; changes nothing: bun scripts/doctor.ts prod
import {
  diagnose,
  doctorOptions,
  examine,
  findingsJson,
  findingsText,
  planDoctor,
  script,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = doctorOptions(Bun.argv.slice(2));
  const plan = await planDoctor(options, { signal });
  if (!options.json) console.error("looking at the hosts …");
  const findings = await examine(plan, { signal });
  const hosts = plan.hosts.length;
  const text = options.json
    ? findingsJson(findings, { hosts })
    : findingsText(findings, { ...options, hosts });
  process.stdout.write(text);
  return diagnose(findings).exitCode;
});
