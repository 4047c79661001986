#!/usr/bin/env bun
// Hosts, groups and vars, as ansible-inventory prints them: bun scripts/inventory.ts prod --graph --vars
// Its parts by themselves, not lib/index.ts: reading an inventory takes less time than loading all the rest.
import { inventoryConfig } from "../lib/config.ts";
import { OpsError } from "../lib/errors.ts";
import { ansibleExitCode } from "../lib/inventory/exit-code.ts";
import { showInventory, writeShown } from "../lib/inventory/show.ts";
import { inventoryOptions } from "../lib/inventory-flags.ts";
import { errorText, script } from "../lib/script.ts";
import { version } from "../package.json";

/** How argparse ends where a flag is wrong. */
const BAD_FLAG = 2;

await script(async (signal) => {
  let stage: "flags" | "loading" | "open" = "flags";
  try {
    const options = inventoryOptions(Bun.argv.slice(2));
    stage = "loading";
    if (options.version) {
      console.log(`rookery ${version}`);
      return 0;
    }
    const { inventory, words, asSet, configFile } = await inventoryConfig(options, { signal });
    stage = "open";
    if (options.verbose) process.stderr.write(`ansible.cfg: ${configFile ?? "none"}\n`);
    const text = showInventory(inventory, { ...options, group: words[0], asSet });
    if (options.output === undefined) console.log(text.endsWith("\n") ? text.slice(0, -1) : text);
    else writeShown(text, options.output);
    for (const warning of inventory.warnings) process.stderr.write(`warning: ${warning}\n`);
    return text === "" ? 1 : 0;
  } catch (error) {
    if (!(error instanceof OpsError) || error.code === "interrupted") throw error;
    process.stderr.write(`${errorText(error)}\n`);
    return stage === "flags" ? BAD_FLAG : ansibleExitCode(error, { open: stage === "open" });
  }
});
