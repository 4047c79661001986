// What a run is told from outside: environment under flags, resolved once and passed along.
import { OpsError } from "./errors.ts";
import { findInventory } from "./inventory/find.ts";
import { loadInventory } from "./inventory/load.ts";
import type { Host, Inventory, Value, Vars } from "./inventory/types.ts";
import { parseYaml } from "./inventory/yaml.ts";
import type { FLEET_FLAGS, Parsed } from "./options.ts";

const DEFAULT_FORKS = 50;

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
  const sources = flags.inventory.length > 0 ? flags.inventory : words.splice(0, 1);
  if (sources.length === 0)
    throw new OpsError("usage", "which inventory?", {
      hint: "name one (`prod` means inventories/prod), or give -i PATH",
    });
  const pattern = patternWord ? (words.shift() ?? "all") : "all";
  const paths = await Promise.all(sources.map((source) => findInventory(source)));
  const vaultPasswordFile = flags.vaultPasswordFile ?? process.env.ANSIBLE_VAULT_PASSWORD_FILE;
  const inventory = await loadInventory(paths, {
    extraVars: await extraVars(flags.extraVars),
    environment: process.env,
    ...(vaultPasswordFile === undefined ? {} : { vaultPasswordFile }),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    inventory,
    hosts: inventory.match(pattern, { limit: flags.limit }),
    forks: flags.forks ?? environmentForks() ?? DEFAULT_FORKS,
    words,
  };
}

function environmentForks(): number | undefined {
  const text = process.env.ANSIBLE_FORKS;
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new OpsError("usage", `ANSIBLE_FORKS is "${text}"`, {
    hint: "set it to a whole number of at least 1, or unset it",
  });
}

/**
 * Extra vars as ansible's `-e` takes them: `a=1 b='two words'`, JSON or YAML text in braces, or `@FILE`.
 * @throws OpsError `usage` naming the one that can't be read
 * @see https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html#defining-variables-at-runtime
 */
export async function extraVars(given: readonly string[]): Promise<Vars> {
  const vars: Record<string, Value> = {};
  for (const text of given) Object.assign(vars, await readExtra(text));
  return vars;
}

async function readExtra(text: string): Promise<Vars> {
  if (text.startsWith("@")) {
    const file = Bun.file(text.slice(1));
    if (!(await file.exists()))
      throw new OpsError("usage", `-e ${text}: no such file`, {
        hint: "give -e @FILE the path of a YAML or JSON file",
      });
    return mapping(await file.text(), text);
  }
  if (text.trimStart().startsWith("{")) return mapping(text, text);
  const vars: Record<string, Value> = {};
  for (const [, name, double, single, bare] of text.matchAll(/([^\s=]+)=(?:"([^"]*)"|'([^']*)'|(\S*))/g)) {
    if (name !== undefined) vars[name] = double ?? single ?? bare ?? "";
  }
  if (Object.keys(vars).length === 0)
    throw new OpsError("usage", `-e "${text}" sets nothing`, {
      hint: "write -e name=value, -e '{\"name\": [1, 2]}' or -e @FILE",
    });
  return vars;
}

function mapping(text: string, origin: string): Vars {
  const value = parseYaml(text, { file: `-e ${origin}`, warn: () => {} });
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Vars;
  throw new OpsError("usage", `-e ${origin} holds no mapping of names to values`);
}
