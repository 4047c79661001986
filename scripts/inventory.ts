#!/usr/bin/env bun
// Hosts, groups and vars, as ansible-inventory prints them: bun scripts/inventory.ts prod --graph --vars
import {
  FLEET_FLAGS,
  fleetConfig,
  graphText,
  hostJson,
  listJson,
  OpsError,
  parseOptions,
  script,
} from "../lib/index.ts";

await script(async (signal) => {
  const options = parseOptions(Bun.argv.slice(2), {
    example: "bun scripts/inventory.ts prod --graph --vars",
    about:
      "Shows what an inventory means: hosts, groups and merged vars, in ansible-inventory's own formats.",
    words: "[INVENTORY] [GROUP]",
    maxWords: 2,
    flags: {
      list: { type: "switch", help: "all groups and hosts with their vars, as JSON (the default)" },
      graph: { type: "switch", help: "the tree of groups, from GROUP down or whole" },
      vars: { type: "switch", help: "with --graph: the vars of groups and hosts as well" },
      host: { type: "text", value: "NAME", help: "one host's vars, as JSON" },
      inventory: FLEET_FLAGS.inventory,
      limit: FLEET_FLAGS.limit,
      extraVars: FLEET_FLAGS.extraVars,
      vaultPasswordFile: FLEET_FLAGS.vaultPasswordFile,
    },
  });
  if (Number(options.list) + Number(options.graph) + Number(options.host !== undefined) > 1) {
    throw new OpsError("usage", "only one of --list, --graph and --host at a time");
  }
  const { inventory, words } = await fleetConfig(
    { ...options, forks: undefined, json: false, verbose: false },
    { patternWord: false, signal },
  );
  for (const warning of inventory.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (!options.graph && words[0] !== undefined) {
    throw new OpsError("usage", `one word too many: "${words[0]}"`, {
      hint: "a group is for --graph; hosts go into --limit",
    });
  }
  if (options.host !== undefined) console.log(hostJson(inventory, options.host));
  else if (options.graph) console.log(graphText(inventory, { group: words[0], vars: options.vars }));
  else console.log(listJson(inventory, { limit: options.limit }));
  return 0;
});
