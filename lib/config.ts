// What a run is told from outside: environment under flags, resolved once and passed along.
import { OpsError } from "./errors.ts";
import { extraVars } from "./extra-vars.ts";
import { findInventory } from "./inventory/find.ts";
import { loadInventory } from "./inventory/load.ts";
import type { Host, Inventory } from "./inventory/types.ts";
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
