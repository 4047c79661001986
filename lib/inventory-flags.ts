// ansible-inventory's own flags, and what it refuses together.
import { OpsError } from "./errors.ts";
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "./options.ts";

/** The flags of inventory.ts: ansible-inventory's, with `--limit` of its newer versions. */
export const INVENTORY_FLAGS = {
  list: {
    type: "switch",
    help: "all groups and hosts with their vars, as JSON (what INVENTORY alone shows)",
  },
  graph: { type: "switch", help: "the tree of groups, from GROUP down or whole" },
  host: { type: "text", value: "NAME", help: "one host's vars, as JSON" },
  vars: { type: "switch", help: "with --graph: the vars of groups and hosts as well" },
  export: { type: "switch", help: "vars where they were set instead of merged at every host" },
  yaml: { type: "switch", short: "y", help: "YAML instead of JSON" },
  toml: { type: "switch", help: "TOML instead of JSON" },
  output: { type: "text", value: "FILE", help: "write there instead of to stdout" },
  inventory: FLEET_FLAGS.inventory,
  limit: FLEET_FLAGS.limit,
  extraVars: FLEET_FLAGS.extraVars,
  vaultPasswordFile: FLEET_FLAGS.vaultPasswordFile,
  vaultId: FLEET_FLAGS.vaultId,
  askVaultPass: FLEET_FLAGS.askVaultPass,
  playbookDir: {
    type: "text",
    value: "FOLDER",
    help: "group_vars and host_vars in it count, as beside a playbook",
  },
  verbose: { type: "switch", short: "v", help: "say which ansible.cfg is used" },
  version: { type: "switch", help: "the version of this program" },
} as const satisfies Record<string, Flag>;

export type InventoryFlags = Parsed<typeof INVENTORY_FLAGS>;

/**
 * `argv` as ansible-inventory takes it, beginnings of long flags included.
 * @throws OpsError `usage`; `Help`
 */
export function inventoryOptions(argv: readonly string[]): InventoryFlags {
  const options = parseOptions(argv, {
    example: "bun scripts/inventory.ts prod --graph --vars",
    about:
      "Shows what an inventory means: hosts, groups and merged vars, with ansible-inventory's own flags and formats.",
    words: "[INVENTORY] [GROUP]",
    maxWords: 2,
    flags: INVENTORY_FLAGS,
    abbreviations: true,
  });
  const words = [...options.words, ...(options.rest ?? [])];
  const [, , spare] = options.inventory.length > 0 ? ["", ...words] : words;
  if (spare !== undefined) throw new OpsError("usage", `one word too many: "${spare}"`);
  return { ...options, words };
}

/** @throws OpsError `usage` where not one thing is asked for; an inventory by its name alone asks for `--list` */
export function requireAction({ list, graph, host, inventory, words }: InventoryFlags): void {
  const wanted = Number(list) + Number(graph) + Number(host !== undefined);
  if (wanted > 1) throw new OpsError("usage", "only one of --list, --graph and --host at a time");
  if (wanted === 0 && (inventory.length > 0 || words.length === 0)) {
    throw new OpsError("usage", "what shall be shown? give --list, --graph or --host NAME", {
      hint: "for example: bun scripts/inventory.ts prod --graph --vars   (--help shows all)",
    });
  }
}
