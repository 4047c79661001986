// What a run is told from outside: environment and ansible.cfg under flags, resolved once and passed along.
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { AnsibleAccess, VaultAccess } from "./ansible/access.ts";
import { askSecret } from "./ask.ts";
import { OpsError } from "./errors.ts";
import { extraVars } from "./extra-vars.ts";
import { type AnsibleConfig, readAnsibleConfig } from "./inventory/ansible-config.ts";
import { findInventory } from "./inventory/find.ts";
import { loadInventory } from "./inventory/load.ts";
import { fullPath } from "./inventory/paths.ts";
import type { Host, Inventory } from "./inventory/types.ts";
import { createDecrypt } from "./inventory/vault.ts";
import { readVaultSecrets } from "./inventory/vault-secrets.ts";
import { type InventoryFlags, requireAction } from "./inventory-flags.ts";
import type { FLEET_FLAGS, Parsed } from "./options.ts";
import { readPasswords } from "./passwords.ts";

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
  /** How the operator named the inventory: `prod`, or the -i paths joined by commas. */
  readonly environment: string;
  /** The pattern asked for, with --limit after it as `PATTERN:&LIMIT`. */
  readonly pattern: string;
  /** Words left over after inventory and pattern. */
  readonly words: readonly string[];
  /** The same hosts for ansible-playbook. */
  readonly ansible: AnsibleAccess;
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
  const environment = flags.inventory.length > 0 ? flags.inventory.join(",") : (words.shift() ?? "");
  if (named.length === 0)
    throw new OpsError("usage", "which inventory?", {
      hint: "name one (`prod` means inventories/prod), or give -i PATH",
    });
  const sources = flags.inventory.length > 0 ? named : [await findInventory(named[0] ?? "")];
  const pattern = patternWord ? (words.shift() ?? "all") : "all";
  const ask = (question: string, { hint }: { hint: string }) => askSecret(question, { hint, signal });
  const passwords = await readPasswords(flags, config.passwords, { ask, signal });
  const strict = {
    ...config,
    rules: { ...config.rules, unparsedFailed: true },
    connection: { ...config.connection, ...becomeFlags(flags, config), ...passwords },
  };
  const vault = vaultAccess(flags, config, signal);
  const inventory = await openInventory(sources, flags, strict, { signal, vault });
  const { extraVars, become, becomeUser, becomeMethod, forks } = flags;
  return {
    inventory,
    hosts: inventory.match(pattern, { limit: flags.limit }),
    forks: flags.forks ?? forksOf(config) ?? DEFAULT_FORKS,
    environment,
    pattern: flags.limit === undefined ? pattern : `${pattern}:&${flags.limit}`,
    words,
    ansible: {
      ...{ inventories: sources, extraVars, become, becomeUser, becomeMethod, forks, ...passwords, vault },
      callbackFolders: config.callbackFolders,
      variables: process.env,
    },
  };
}

function becomeFlags({ become, becomeMethod, becomeUser }: FleetFlags, { connection }: AnsibleConfig) {
  return {
    become: become || connection.become,
    becomeMethod: becomeMethod ?? connection.becomeMethod,
    becomeUser,
  };
}

/**
 * The inventory that ansible-inventory would read for `flags` (`-i`, or else the first word, or else what ansible.cfg
 * names), the words left over, and whether to show vars where they were set. What can't be read is a warning unless ansible.cfg or
 * ANSIBLE_INVENTORY_UNPARSED_FAILED says otherwise.
 * @throws OpsError `usage` or `inventory`
 */
export async function inventoryConfig(
  flags: InventoryFlags,
  { environment = process.env, signal }: Around = {},
): Promise<InventoryConfig> {
  requireAction(flags);
  const config = readAnsibleConfig({ environment, folder: process.cwd() });
  const words = [...flags.words];
  const isNamed = flags.inventory.length === 0 && words.length > 0;
  // `--graph web` beside an ansible.cfg that names the inventory is about a group, as it is to Ansible.
  const isGroup = isNamed && flags.graph && words.length === 1 && config.inventory !== undefined;
  const named =
    flags.inventory.length > 0
      ? await Promise.all(flags.inventory.map(sourceOf))
      : isGroup
        ? await inventoryCalled(words)
        : await Promise.all(words.splice(0, 1).map((name) => findInventory(name)));
  const sources = named.length > 0 ? named : (config.inventory ?? [DEFAULT_INVENTORY]);
  const inventory = await openInventory(sources, flags, config, { environment, signal, keepFree: true });
  return { inventory, words, asSet: flags.export || config.export, configFile: config.file };
}

export interface InventoryConfig {
  readonly inventory: Inventory;
  readonly words: readonly string[];
  readonly asSet: boolean;
  /** The ansible.cfg that was read. */
  readonly configFile: string | undefined;
}

interface Around {
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The inventory that the first of `words` names for certain, which is then taken from them. */
async function inventoryCalled(words: string[]): Promise<string[]> {
  const [name = ""] = words;
  const isPath = name.includes("/") || name.includes(",");
  const found = isPath ? name : await findInventory(name, { onlyInFolder: true }).catch(unlessInventory);
  if (found !== undefined) words.shift();
  return found === undefined ? [] : [found];
}

type Wanted = Pick<FleetFlags, "extraVars" | "vaultPasswordFile" | "vaultId" | "askVaultPass"> & {
  readonly playbookDir?: string | undefined;
};

async function openInventory(
  sources: readonly string[],
  wanted: Wanted,
  config: AnsibleConfig,
  {
    environment = process.env,
    signal,
    keepFree,
    vault: access = vaultAccess(wanted, config, signal),
  }: Around & { readonly keepFree?: boolean; readonly vault?: VaultAccess },
): Promise<Inventory> {
  const vault = {
    ...access,
    ids: [...access.configuredIds, ...access.ids],
    passwordFiles: [...access.passwordFiles, ...[config.vault.passwordFile ?? []].flat()],
  };
  const decrypt = async (text: string, where: string) => {
    const { rules } = config;
    const secrets = await readVaultSecrets({ ...vault, idMatch: rules.vaultIdMatch, signal });
    return createDecrypt(secrets, { idMatch: rules.vaultIdMatch, identity: vault.identity })(text, where);
  };
  const { hashBehaviour } = config.rules;
  return await loadInventory(sources, {
    extraVars: await extraVars(wanted.extraVars, { hashBehaviour, decrypt, keepFree }),
    environment,
    rules: config.rules,
    connection: config.connection,
    vault,
    playbookDir: wanted.playbookDir ?? config.playbookDir,
    workingFolder: process.cwd(),
    warnings: config.warnings,
    signal,
  });
}

function vaultAccess(wanted: Wanted, { vault }: AnsibleConfig, signal: AbortSignal | undefined): VaultAccess {
  const answers = new Map<string, Promise<string>>();
  return {
    ids: wanted.vaultId,
    configuredIds: vault.ids,
    passwordFiles: wanted.vaultPasswordFile,
    ask: wanted.askVaultPass || vault.ask,
    identity: vault.identity,
    prompt(question) {
      const answer = answers.get(question) ?? askSecret(question, { signal });
      answers.set(question, answer);
      return answer;
    },
  };
}

/** `-i` is a path as Ansible takes it, or else the name of an inventory. */
async function sourceOf(given: string): Promise<string> {
  const found = await stat(fullPath(given)).catch((error: Error) => error);
  if (!(found instanceof Error) || given.includes(",") || given.includes("/")) return given;
  return (await findInventory(given).catch(unlessInventory)) ?? given; // Ansible warns of it and goes on
}

/** Undefined for "there is no such inventory". */
function unlessInventory(error: unknown): undefined {
  if (!(error instanceof OpsError && error.code === "inventory")) throw error;
}

function forksOf({ connection: { forks } }: AnsibleConfig): number | undefined {
  if (forks !== 0) return forks;
  throw new OpsError("usage", `ANSIBLE_FORKS is "0"`, {
    hint: "set it to a whole number of at least 1, or unset it",
  });
}

/** Where this user's runs are remembered: XDG_STATE_HOME, else ~/.local/state. */
export function historyPath(): string {
  const { XDG_STATE_HOME: state = "", HOME } = process.env;
  const folder = isAbsolute(state) ? state : join(HOME || homedir(), ".local", "state");
  return join(folder, "rookery", "history.db");
}
