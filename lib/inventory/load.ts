// Sources → Inventory.

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { matchHosts, type Roster } from "./pattern.ts";
import { addSource, fullPath } from "./sources.ts";
import { createTemplates } from "./template.ts";
import { emptyTree, type HostNode, settle, type Tree } from "./tree.ts";
import type { Group, Host, Inventory, Vars } from "./types.ts";
import { createMerger, hostsBelow, type Merger, magicVars, type VarsFolder } from "./vars.ts";
import { readVarsFiles } from "./vars-files.ts";
import { type Decrypt, openVault } from "./vault.ts";

export { findInventory } from "./find.ts";

export interface LoadOptions {
  /** Win over everything the inventory says. */
  readonly extraVars?: Vars | undefined;
  /** File with the password of Ansible Vault values, or a program that prints it. */
  readonly vaultPasswordFile?: string | undefined;
  /** What `lookup('env', …)` sees. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
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
  const { signal } = options;
  if (sources.length === 0) throw new TypeError("loadInventory: no sources");
  const decrypt = await openVault(options.vaultPasswordFile, { signal });
  const tree = emptyTree();
  const read: string[] = [];
  for (const source of sources) {
    signal?.throwIfAborted();
    read.push(...(await addSource(source, read, tree, { decrypt, signal })));
  }
  settle(tree);
  const warn = (message: string) => {
    if (!tree.warnings.includes(message)) tree.warnings.push(message);
  };
  const folders: VarsFolder[] = [];
  for (const [path, shown] of await varsFolders(sources)) {
    signal?.throwIfAborted();
    const groups = await readVarsFiles(path, "group_vars", shown, tree.groups.keys(), { decrypt, warn });
    folders.push({
      groups,
      hosts: await readVarsFiles(path, "host_vars", shown, tree.hosts.keys(), { decrypt, warn }),
    });
  }
  return inventoryOf(sources, tree, folders, { options, decrypt, warn });
}

/** Folders whose group_vars/ and host_vars/ count, in order: each source itself, or the folder its file is in. */
async function varsFolders(sources: readonly string[]): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const source of sources) {
    const path = fullPath(source);
    const found = await stat(path).catch(() => undefined); // addSource has told of what can't be read
    if (found === undefined) continue;
    const [folder, shown] = found.isDirectory() ? [path, source] : [dirname(path), dirname(source)];
    folders.delete(folder); // read twice, the later place counts
    folders.set(folder, shown);
  }
  return folders;
}

interface Reading {
  readonly options: LoadOptions;
  readonly decrypt: Decrypt;
  readonly warn: (message: string) => void;
}

function inventoryOf(
  sources: readonly string[],
  tree: Tree,
  folders: readonly VarsFolder[],
  { options, decrypt, warn }: Reading,
): Inventory {
  const { extraVars = {} } = options;
  const merger = createMerger(tree, folders, extraVars);
  const hosts = new Map([...tree.hosts.values()].map((node) => [node.name, hostOf(node, merger)]));
  const groups = new Map<string, Group>();
  for (const node of tree.groups.values()) {
    const vars = once(() => merger.groupVars(node));
    groups.set(node.name, {
      name: node.name,
      hosts: [...node.hosts.keys()],
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
    implicit(name) {
      if (!LOCALHOST.includes(name)) return undefined;
      const found = implicitHosts.get(name) ?? implicitHost(name, merger, extraVars);
      implicitHosts.set(name, found);
      return found;
    },
  };
  const origin = (host: Host, name: string) => {
    const node = tree.hosts.get(host.name);
    return node === undefined ? undefined : merger.origin(node, name);
  };
  const templates = createTemplates({
    hosts,
    vars: (host) => ({ ...host.vars, ...magicVars(host), ...extraVars }),
    groups: () => [...groups.keys()],
    members: (name) => (groups.has(name) ? members(name) : undefined),
    origin,
    decrypt,
    environment: options.environment,
  });
  return {
    sources,
    hosts,
    groups,
    warnings: tree.warnings,
    match: (pattern, { limit } = {}) => matchHosts(pattern, limit, roster),
    value: (host, name) => templates.value(host, name),
    origin,
  };
}

function hostOf(node: HostNode, merger: Merger): Host {
  const vars = once(() => merger.vars(node));
  const groups = once(() => merger.groupNames(node));
  return {
    name: node.name,
    get groups() {
      return groups();
    },
    get vars() {
      return vars();
    },
  };
}

/** The control host, which `localhost` means when the inventory doesn't say otherwise. */
function implicitHost(name: string, merger: Merger, extraVars: Vars): Host {
  return { name, groups: [], vars: { ...merger.allVars(), ansible_connection: "local", ...extraVars } };
}

function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
