#!/usr/bin/env bun
// Hosts, groups and vars, as ansible-inventory prints them: bun scripts/inventory.ts prod --graph --vars
// Its parts by themselves, not lib/index.ts: reading an inventory takes less time than loading all the rest.
import { INVENTORY_FLAGS, inventoryConfig } from "../lib/config.ts";
import { OpsError } from "../lib/errors.ts";
import { ansibleExitCode, graphText, hostJson, listJson } from "../lib/inventory/print.ts";
import { parseOptions } from "../lib/options.ts";
import { errorText, script } from "../lib/script.ts";

await script(async (signal) => {
  const options = parseOptions(Bun.argv.slice(2), {
    example: "bun scripts/inventory.ts prod --graph --vars",
    about:
      "Shows what an inventory means: hosts, groups and merged vars, in ansible-inventory's own formats.",
    words: "[INVENTORY] [GROUP]",
    maxWords: 2,
    flags: INVENTORY_FLAGS,
  });
  const { graph, host, limit, vars } = options;
  let open = false;
  try {
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
