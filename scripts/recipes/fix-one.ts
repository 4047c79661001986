#!/usr/bin/env bun
// One file of what one host runs, now: bun scripts/recipes/fix-one.ts prod web3 ./tax.php app/tax.php --reload 'systemctl reload php-fpm'
import { fleetFor, fleetOptions, OpsError, planReleases, script } from "../../lib/index.ts";

await script(async (signal) => {
  const options = fleetOptions(Bun.argv.slice(2), {
    example:
      "bun scripts/recipes/fix-one.ts prod web3 ./tax.php app/tax.php --reload 'systemctl reload php-fpm'",
    about:
      "Replaces one file of the current release on one host, at once. The next deploy brings all hosts together again.",
    words: "INVENTORY HOST FILE PATH",
    minWords: 3,
    maxWords: 4,
    flags: {
      reload: { type: "text", value: "COMMAND", help: "run then; if it fails, the old file is put back" },
    },
  });
  const [file = "", path = ""] = options.words.slice(-2);
  const input = await Bun.file(file).bytes();
  const plan = await planReleases(options, { signal });
  const [host, other] = plan.hosts;
  if (host === undefined || other !== undefined)
    throw new OpsError("usage", `this is for one host, not ${plan.hosts.length}`, {
      hint: "name one: prod web3",
    });
  await using fleet = fleetFor(plan, { ...options, title: `${path} on ${host.name}`, signal });
  return await fleet.run(async () => {
    const cwd = `${host.settings.deployTo}/current`;
    // A new file by the old one's name: other releases may share the old one.
    await fleet.$({ cwd, input })`cp -p ${path} ${path}.fixed; cat > ${path}.fixed
      diff -u ${path} ${path}.fixed || :
      mv ${path} ${path}.before-fix; mv ${path}.fixed ${path}
      sh -c ${options.reload ?? "true"} || { mv ${path}.before-fix ${path}; exit 1; }`;
    return `${path} on ${host.name} is ${file} now: commit it, and deploy soon`;
  });
});
