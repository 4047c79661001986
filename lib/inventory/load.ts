// Sources → Inventory.

import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { OpsError } from "../errors.ts";
import { DEFAULT_RULES, type InventoryRules } from "./ansible-config.ts";
import { combine } from "./combine.ts";
import { once } from "./once.ts";
import { fullPath } from "./paths.ts";
import { matchHosts, type Roster } from "./pattern.ts";
import { vaultArguments } from "./programs.ts";
import { addSource, type Reading } from "./sources.ts";
import { emptyTree, type HostNode, settle, type Tree, TreeError } from "./tree.ts";
import type { ConnectionDefaults, Group, Host, Inventory, Vars } from "./types.ts";
import { createMerger, hostsBelow, type Merger, magicVars, type Parts, type VarsFolder } from "./vars.ts";
import { openVarsFiles } from "./vars-files.ts";
import { createDecrypt, type Decrypt } from "./vault.ts";
import { readVaultSecrets, type VaultOptions } from "./vault-secrets.ts";

export { findInventory } from "./find.ts";

export interface LoadOptions {
  /** Win over everything the inventory says. */
  readonly extraVars?: Vars | undefined;
  /** File with the password of Ansible Vault values, or a program that prints it. */
  readonly vaultPasswordFile?: string | undefined;
  /** More passwords, by id. */
  readonly vault?: Omit<VaultOptions, "warn" | "signal" | "idMatch"> | undefined;
  /** What `lookup('env', …)` sees. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** What ansible.cfg says; Ansible's defaults, but sources of which none can be read are an error. */
  readonly rules?: InventoryRules | undefined;
  readonly connection?: ConnectionDefaults | undefined;
  /** Folder whose group_vars/ and host_vars/ count as those beside a playbook. */
  readonly playbookDir?: string | undefined;
  /** The same where no playbook is named: what Ansible takes the working folder for. */
  readonly workingFolder?: string | undefined;
  /** Said before all else in `warnings`. */
  readonly warnings?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Names Ansible takes for the control host when no inventory has them. */
const LOCALHOST = ["localhost", "127.0.0.1", "::1"];

/**
 * Reads an Ansible inventory: each source is a file (INI, YAML, JSON, TOML, an executable script, a plugin's
 * configuration), a folder of them, or a list `web1,web2,`; later ones add to earlier ones. group_vars/ and
 * host_vars/ beside them count. Vars are merged when a host's are first asked for, rendered when one is asked for.
 * @throws OpsError `inventory` naming file and line of what can't be read
 * @see https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html
 */
export async function loadInventory(
  sources: readonly string[],
  options: LoadOptions = {},
): Promise<Inventory> {
  const { signal, rules = { ...DEFAULT_RULES, unparsedFailed: true } } = options;
  if (sources.length === 0) throw new TypeError("loadInventory: no sources");
  const tree = emptyTree(rules);
  tree.warnings.push(...(options.warnings ?? []));
  const warn = (message: string) => {
    if (!tree.warnings.includes(message)) tree.warnings.push(message);
  };
  const passwordFiles = [options.vaultPasswordFile ?? [], options.vault?.passwordFiles ?? []].flat();
  const secrets = await readVaultSecrets({ ...options.vault, passwordFiles, ...rules, warn, signal });
  const { identity } = options.vault ?? {};
  const decrypt = createDecrypt(secrets, { idMatch: rules.vaultIdMatch, identity });
  const pluginArguments = vaultArguments(options.vault?.ids ?? [], passwordFiles);
  await readSources(sources, { tree, rules, decrypt, signal, pluginArguments, read: [], failures: [] });
  const vars = async (path: string, shown: string): Promise<VarsFolder> => {
    signal?.throwIfAborted();
    const reading = { decrypt, warn, rules };
    return {
      groups: await openVarsFiles(path, "group_vars", shown, reading),
      hosts: await openVarsFiles(path, "host_vars", shown, reading),
    };
  };
  const folders: VarsFolder[] = [];
  const places = rules.varsFiles ? await varsFolders(sources) : [];
  for (const [path, shown] of places) folders.push(await vars(path, shown));
  const play = rules.varsFiles ? (options.playbookDir ?? options.workingFolder) : undefined;
  const merger = createMerger(tree, {
    folders,
    playFolder: play === undefined ? undefined : await vars(fullPath(play), play),
    playFolderIsGiven: options.playbookDir !== undefined,
    extraVars: options.extraVars ?? {},
  });
  return inventoryOf(sources, tree, merger, { options, decrypt, warn });
}

/** @throws OpsError `inventory` saying why the first source can't be read, when none can and that is to be an error */
async function readSources(sources: readonly string[], reading: Reading): Promise<void> {
  let parsed = false;
  for (const source of sources) if (await addSource(source, reading)) parsed = true;
  if (parsed) {
    try {
      return settle(reading.tree);
    } catch (error) {
      if (!(error instanceof TreeError)) throw error;
      throw new OpsError("inventory", error.message, { hint: "a host has the name of a group above it" });
    }
  }
  const { rules, failures, tree } = reading;
  if (rules.unparsedFailed) throw failures[0] ?? new OpsError("inventory", "no inventory could be read");
  if (rules.unparsedWarning)
    tree.warnings.push("no inventory could be read: there is only the implicit localhost");
}

/** Folders whose group_vars/ and host_vars/ count, in order: each source itself, or the folder its file is in. */
async function varsFolders(sources: readonly string[]): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const source of sources) {
    const path = fullPath(source);
    const found = await stat(path).catch(() => undefined); // addSource has told of what can't be read
    if (found === undefined && source.includes(",")) continue;
    const [folder, shown] = found?.isDirectory() ? [path, source] : [dirname(path), dirname(source)];
    folders.delete(folder); // read twice, the later place counts
    folders.set(folder, shown);
  }
  return folders;
}

interface World {
  readonly options: LoadOptions;
  readonly decrypt: Decrypt;
  readonly warn: (message: string) => void;
}

function inventoryOf(
  sources: readonly string[],
  tree: Tree,
  merger: Merger,
  { options, decrypt, warn }: World,
): Inventory {
  const { extraVars = {} } = options;
  const hosts = new Map<string, Host>();
  for (const node of tree.hosts.values()) hosts.set(node.name, new TreeHost(node, merger));
  const groups = new Map<string, Group>();
  for (const node of tree.groups.values()) {
    const vars = once(() => merger.groupVars(node));
    groups.set(node.name, {
      name: node.name,
      hosts: node.hosts.map((host) => host.name),
      children: [...node.children.keys()],
      priority: node.priority,
      get vars() {
        return vars();
      },
    });
  }
  const membersOf = new Map<string, readonly Host[]>();
  const members = (name: string): readonly Host[] => {
    let found = membersOf.get(name);
    if (found === undefined) {
      const group = tree.groups.get(name);
      found = (group === undefined ? [] : hostsBelow(group)).flatMap((node) => hosts.get(node.name) ?? []);
      membersOf.set(name, found);
    }
    return found;
  };
  const implicitHosts = new Map<string, Host>();
  const roster: Roster = {
    hosts,
    groups,
    members,
    warn,
    mismatch: tree.rules.hostPatternMismatch,
    implicit(name) {
      if (!LOCALHOST.includes(name)) return undefined;
      const named = hosts.keys().find((each) => LOCALHOST.includes(each));
      if (named !== undefined) return hosts.get(named);
      const found = implicitHosts.get(name) ?? implicitHost(name, merger, tree);
      implicitHosts.set(name, found);
      return found;
    },
  };
  const origin = (host: Host, name: string) => {
    const node = tree.hosts.get(host.name);
    return node === undefined ? undefined : merger.origin(node, name);
  };
  // Jinja is loaded when the first value is rendered: showing an inventory renders none.
  const templates = once(() =>
    (require("./template.ts") as typeof import("./template.ts")).createTemplates({
      hosts,
      vars: (host) => ({ ...host.vars, ...magicVars(host), ...extraVars }),
      groups: () => [...groups.keys()],
      members: (name) => (groups.has(name) ? members(name) : undefined),
      origin,
      decrypt,
      environment: options.environment,
      playbookDir: options.playbookDir,
    }),
  );
  return {
    sources,
    hosts,
    groups,
    warnings: tree.warnings,
    connection: options.connection,
    decrypt,
    match: (pattern, { limit, orNone } = {}) => matchHosts(pattern, roster, { limit, orNone }),
    value: (host, name) => templates().value(host, name),
    origin,
  };
}

/** A host of the tree as others see it. A class, for ten thousand hosts with functions of their own take half a second. */
class TreeHost implements Host {
  readonly name: string;
  readonly #node: HostNode;
  readonly #merger: Merger;
  #vars: Vars | undefined;
  constructor(node: HostNode, merger: Merger) {
    this.name = node.name;
    this.#node = node;
    this.#merger = merger;
  }
  get groups(): readonly string[] {
    return this.#merger.groupNames(this.#node);
  }
  get ownVars(): Vars {
    return this.#merger.ownVars(this.#node);
  }
  get parts(): Parts {
    return this.#merger.parts(this.#node);
  }
  get vars(): Vars {
    if (this.#vars === undefined) {
      const { shared, own } = this.parts;
      this.#vars = combine(shared, own, "replace");
    }
    return this.#vars;
  }
}

/** The control host, which `localhost` means when the inventory doesn't say otherwise. */
function implicitHost(name: string, merger: Merger, { rules }: Tree): Host {
  const vars = { ansible_python_interpreter: ansiblePython(), ansible_connection: "local" };
  const node = { name, vars, source: undefined, hashBehaviour: rules.hashBehaviour, groups: [] };
  return new TreeHost(node, merger);
}

/** The Python that runs Ansible, with which it runs modules on the control host as well. */
function ansiblePython(): string {
  const script = Bun.which("ansible-inventory");
  const first = script === null ? "" : readFileSync(script, "utf8").split("\n", 1)[0];
  const [, python = "/usr/bin/python3"] = /^#!\s*(\/\S*python\S*)\s*$/.exec(first ?? "") ?? [];
  return python;
}
