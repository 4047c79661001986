// What a run is told from outside: environment and ansible.cfg under flags, resolved once and passed along.
import { stat } from "node:fs/promises";
import { askSecret } from "./ask.ts";
import { OpsError } from "./errors.ts";
import { extraVars } from "./extra-vars.ts";
import { type AnsibleConfig, readAnsibleConfig } from "./inventory/ansible-config.ts";
import { findInventory } from "./inventory/find.ts";
import { loadInventory } from "./inventory/load.ts";
import { fullPath } from "./inventory/paths.ts";
import type { Host, Inventory } from "./inventory/types.ts";
import { FLEET_FLAGS, type Flag, type Parsed } from "./options.ts";

const DEFAULT_FORKS = 50;
/** What Ansible reads when nobody says what to read. */
const DEFAULT_INVENTORY = "/etc/ansible/hosts";

export type FleetFlags = Parsed<typeof FLEET_FLAGS>;

/** What every script with hosts needs, resolved. */
export interface FleetConfig {
  readonly inventory: Inventory;
  /** Hosts matching pattern and limit, in inventory order. */
  readonly hosts: readonly Host[];
  readonly forks: number;
  /** Words left over after inventory and pattern. */
  readonly words: readonly string[];
}

/**
 * Inventory and hosts from `-i`, or else the first word; then a pattern from the next word unless `patternWord` is false.
 * @throws OpsError `usage`, `inventory` or `pattern`
 */
export async function fleetConfig(
  flags: FleetFlags,
  { patternWord = true, signal }: { readonly patternWord?: boolean; readonly signal?: AbortSignal } = {},
): Promise<FleetConfig> {
  const words = [...flags.words];
  const config = readAnsibleConfig({ environment: process.env, folder: process.cwd() });
  const named =
    flags.inventory.length > 0 ? await Promise.all(flags.inventory.map(sourceOf)) : words.slice(0, 1);
  if (flags.inventory.length === 0) words.shift();
  if (named.length === 0)
    throw new OpsError("usage", "which inventory?", {
      hint: "name one (`prod` means inventories/prod), or give -i PATH",
    });
  const sources = flags.inventory.length > 0 ? named : [await findInventory(named[0] ?? "")];
  const pattern = patternWord ? (words.shift() ?? "all") : "all";
  const passwordFiles = flags.vaultPasswordFile === undefined ? [] : [flags.vaultPasswordFile];
  const strict = { ...config, rules: { ...config.rules, unparsedFailed: true } };
  const inventory = await openInventory(sources, { ...flags, passwordFiles }, strict, { signal });
  return {
    inventory,
    hosts: inventory.match(pattern, { limit: flags.limit }),
    forks: flags.forks ?? forksOf(config) ?? DEFAULT_FORKS,
    words,
  };
}

/** ansible-inventory's own flags, and `--limit`. */
export const INVENTORY_FLAGS = {
  list: { type: "switch", help: "all groups and hosts with their vars, as JSON (the default)" },
  graph: { type: "switch", help: "the tree of groups, from GROUP down or whole" },
  vars: { type: "switch", help: "with --graph: the vars of groups and hosts as well" },
  host: { type: "text", value: "NAME", help: "one host's vars, as JSON" },
  inventory: FLEET_FLAGS.inventory,
  limit: FLEET_FLAGS.limit,
  extraVars: FLEET_FLAGS.extraVars,
  vaultPasswordFile: { type: "list", value: "FILE", help: "password of Ansible Vault values (repeatable)" },
  vaultId: {
    type: "list",
    value: "LABEL@SOURCE",
    help: "a vault password by id: a file, a program or `prompt` (repeatable)",
  },
  askVaultPass: { type: "switch", help: "ask for the vault password" },
  playbookDir: {
    type: "text",
    value: "FOLDER",
    help: "group_vars and host_vars in it count, as beside a playbook",
  },
  export: { type: "switch", help: "vars where they were set instead of merged at every host" },
} as const satisfies Record<string, Flag>;

type InventoryFlags = Parsed<typeof INVENTORY_FLAGS>;

/**
 * The inventory that ansible-inventory would read for `flags` (`-i`, or else the first word, or else what ansible.cfg
 * names), the words left over, and whether to show vars where they were set. What can't be read is a warning unless ansible.cfg or
 * ANSIBLE_INVENTORY_UNPARSED_FAILED says otherwise.
 * @throws OpsError `usage` or `inventory`
 */
export async function inventoryConfig(
  flags: InventoryFlags,
  {
    environment = process.env,
    signal,
  }: {
    readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<{ readonly inventory: Inventory; readonly words: readonly string[]; readonly asSet: boolean }> {
  const { list, graph, host } = flags;
  if (Number(list) + Number(graph) + Number(host !== undefined) > 1)
    throw new OpsError("usage", "only one of --list, --graph and --host at a time");
  const config = readAnsibleConfig({ environment, folder: process.cwd() });
  const words = [...flags.words];
  const named =
    flags.inventory.length > 0
      ? flags.inventory.map(sourceOf)
      : words.splice(0, 1).map((name) => findInventory(name));
  const sources = await Promise.all(named);
  const given = sources.length > 0 ? sources : (config.inventory ?? [DEFAULT_INVENTORY]);
  const wanted = { ...flags, passwordFiles: flags.vaultPasswordFile };
  const inventory = await openInventory(given, wanted, config, { environment, signal });
  return { inventory, words, asSet: flags.export || config.export };
}

interface Wanted {
  readonly passwordFiles: readonly string[];
  readonly extraVars: readonly string[];
  readonly vaultId?: readonly string[];
  readonly askVaultPass?: boolean;
  readonly playbookDir?: string | undefined;
}

async function openInventory(
  sources: readonly string[],
  wanted: Wanted,
  config: AnsibleConfig,
  {
    environment = process.env,
    signal,
  }: {
    readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Inventory> {
  return await loadInventory(sources, {
    extraVars: await extraVars(wanted.extraVars),
    environment,
    rules: config.rules,
    connection: config.connection,
    vault: {
      ids: [...config.vault.ids, ...(wanted.vaultId ?? [])],
      passwordFiles: [...wanted.passwordFiles, ...[config.vault.passwordFile ?? []].flat()],
      ask: wanted.askVaultPass === true || config.vault.ask,
      identity: config.vault.identity,
      prompt: (question) => askSecret(question, { signal }),
    },
    playbookDir: wanted.playbookDir ?? config.playbookDir,
    workingFolder: process.cwd(),
    warnings: config.warnings,
    signal,
  });
}

/** `-i` is a path as Ansible takes it, or else the name of an inventory. */
async function sourceOf(given: string): Promise<string> {
  const found = await stat(fullPath(given)).catch((error: Error) => error);
  if (!(found instanceof Error) || given.includes(",") || given.includes("/")) return given;
  return findInventory(given).catch((error: unknown) => {
    if (error instanceof OpsError && error.code === "inventory") return given; // Ansible warns of it and goes on
    throw error;
  });
}

function forksOf({ connection: { forks } }: AnsibleConfig): number | undefined {
  if (forks !== 0) return forks;
  throw new OpsError("usage", `ANSIBLE_FORKS is "0"`, {
    hint: "set it to a whole number of at least 1, or unset it",
  });
}
