#!/usr/bin/env bun
// Hosts, groups and vars, as ansible-inventory prints them: bun scripts/inventory.ts prod --graph --vars
import {
  ansibleExitCode,
  errorText,
  FLEET_FLAGS,
  graphText,
  hostJson,
  INVENTORY_FLAGS,
  inventoryConfig,
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
      ...INVENTORY_FLAGS,
    },
  });
  const { list, graph, host, limit, vars } = options;
  let open = false;
  try {
    if (Number(list) + Number(graph) + Number(host !== undefined) > 1)
      throw new OpsError("usage", "only one of --list, --graph and --host at a time");
    const { inventory, words, asSet } = await inventoryConfig(options, { signal });
    open = true;
    if (host !== undefined) console.log(hostJson(inventory, host, { asSet }));
    else if (graph) console.log(graphText(inventory, { group: words[0], vars, asSet }));
    else console.log(listJson(inventory, { limit, asSet }));
    for (const warning of inventory.warnings) process.stderr.write(`warning: ${warning}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof OpsError) || error.code === "interrupted") throw error;
    process.stderr.write(`${errorText(error)}\n`);
    return ansibleExitCode(error, { open });
  }
});
