// Groups and hosts while sources are read: the one structure that INI, YAML, TOML, scripts and host lists fill.

import { DEFAULT_RULES, type InventoryRules } from "./ansible-config.ts";
import { combine } from "./combine.ts";
import { define, setEntry } from "./keys.ts";
import { isPlainMapping } from "./scalars.ts";
import { forShortRuns } from "./short-runs.ts";
import type { Value } from "./types.ts";

/** What no name of a var could have. */
const INVALID_IN_NAMES = /^[^\p{L}_]|[^\p{L}\p{N}_]/gu;

/** Something that has vars, with the file each was set in. */
interface Entity {
  readonly name: string;
  readonly vars: Record<string, Value>;
  /** The first file that set one of them, and the others by var: nearly always there is one. */
  source?: string | undefined;
  origins?: Record<string, string> | undefined;
  readonly hashBehaviour: "replace" | "merge";
}

export interface GroupNode extends Entity {
  /** How many groups were there before it. */
  readonly number: number;
  hosts: HostNode[];
  readonly children: Map<string, GroupNode>;
  readonly parents: Map<string, GroupNode>;
  /** `ansible_group_priority`, of groups at the same depth the higher wins. */
  priority: number;
}

export interface HostNode extends Entity {
  /** Groups that name it directly, each once. */
  groups: GroupNode[];
}

/** The source being read: its absolute path, or the host list itself. */
export interface Source {
  readonly path: string;
  /** Folder of the file; null for a host list. */
  readonly folder: string | null;
  /** As the operator gave it, for messages. */
  readonly shown: string;
}

export interface Tree {
  readonly groups: Map<string, GroupNode>;
  readonly hosts: Map<string, HostNode>;
  readonly warnings: string[];
  readonly rules: InventoryRules;
}

/** What is wrong with the inventory as such, whatever the file format; readers add file and line. */
export class TreeError extends Error {
  /** Keys that lead to the trouble, in inventories that are nested mappings. */
  readonly path: readonly string[] | undefined;
  constructor(message: string, path?: readonly string[]) {
    super(message);
    this.path = path;
  }
}

export function emptyTree(rules: InventoryRules = DEFAULT_RULES): Tree {
  const tree: Tree = { groups: new Map(), hosts: new Map(), warnings: [], rules };
  addGroup(tree, "all");
  addGroup(tree, "ungrouped");
  addChild(tree, "all", "ungrouped");
  return tree;
}

/** The group called `given`, made if there is none yet; its name may differ where `force_valid_group_names` is set. */
export function addGroup(tree: Tree, given: string): GroupNode {
  if (given === "") throw new TreeError("a group needs a name");
  const name = tree.groups.has(given) ? given : groupName(tree, given);
  let group = tree.groups.get(name);
  if (group === undefined) {
    group = {
      name,
      number: tree.groups.size,
      hosts: [],
      children: new Map(),
      parents: new Map(),
      vars: {},
      hashBehaviour: tree.rules.hashBehaviour,
      priority: 1,
    };
    tree.groups.set(name, group);
  }
  return group;
}

/** `name` as `force_valid_group_names` wants it. */
export function groupName(tree: Tree, name: string): string {
  const valid = name.replace(INVALID_IN_NAMES, "_");
  const { groupNames } = tree.rules;
  if (valid === name || groupNames === "ignore") return name;
  if (groupNames === "silently") return valid;
  const [kept, said] =
    groupNames === "always" ? [valid, "were replaced by _"] : [name, "are no good in vars"];
  warnOnce(
    tree,
    `characters in the names of groups ${said} (the first such group is '${name}')`,
    /^characters/,
  );
  return kept;
}

function warnOnce(tree: Tree, message: string, same: RegExp): void {
  if (!tree.warnings.some((each) => same.test(each))) tree.warnings.push(message);
}

/** Host `name` in `group`; a new one remembers the source it came from and `port`. */
export function addHost(
  tree: Tree,
  name: string,
  group: GroupNode | undefined,
  source: Source,
  port?: number,
): HostNode {
  if (name === "") throw new TreeError("a host needs a name");
  let host = tree.hosts.get(name);
  if (host === undefined) {
    // `basedir` of a host list is none, in Ansible too.
    const vars = { inventory_file: source.path, inventory_dir: source.folder };
    host = { name, vars, source: undefined, hashBehaviour: tree.rules.hashBehaviour, groups: [] };
    tree.hosts.set(name, host);
    if (port) setVar(host, "ansible_port", port, source);
  }
  if (group !== undefined) joinGroup(host, group);
  return host;
}

/** Puts `host` into `group`, where it may be already. */
export function joinGroup(host: HostNode, group: GroupNode): void {
  // A host is in few groups, and a group has many hosts.
  if (host.groups.includes(group)) return;
  host.groups.push(group);
  group.hosts.push(host);
}

/** @throws TreeError when `child` is a group `parent` is in, or the same one */
export function addChild(tree: Tree, parent: string, child: string): void {
  const [above, below] = [addGroup(tree, parent), addGroup(tree, child)];
  if (above === below) throw new TreeError(`group '${child}' can't be a child of itself`);
  if (above.children.has(child)) return;
  if (ancestors(above).has(below)) {
    throw new TreeError(`adding group '${child}' as child to '${parent}' makes a loop`);
  }
  above.children.set(child, below);
  below.parents.set(parent, above);
}

/** The file that set var `name`; undefined when none did. */
export function originOf(entity: GroupNode | HostNode, name: string): string | undefined {
  if (!Object.hasOwn(entity.vars, name)) return undefined;
  const { origins } = entity;
  return origins !== undefined && Object.hasOwn(origins, name) ? origins[name] : entity.source;
}

/** Vars of a host; where a group has the host's name, Ansible gives them to that group instead. */
export function setHostVars(
  tree: Tree,
  host: HostNode,
  vars: Iterable<readonly [name: string, value: Value, key?: Value]>,
  source: Source,
): void {
  const entity = tree.groups.get(host.name) ?? host;
  for (const [name, value, key] of vars) setVar(entity, name, value, source, key);
}

/** `key` is what `name` was in the text: 8080 may be a number there. */
export function setVar(
  entity: GroupNode | HostNode,
  name: string,
  value: Value,
  source: Source,
  key: Value = name,
): void {
  if (name === "ansible_group_priority" && "priority" in entity) {
    const priority = typeof value === "string" ? Number(value.trim()) : Math.trunc(Number(value));
    if (!Number.isSafeInteger(priority))
      throw new TreeError(`ansible_group_priority must be a whole number, not ${value}`);
    entity.priority = priority;
    return;
  }
  const before = entity.hashBehaviour === "merge" ? entity.vars[name] : undefined;
  const merged = isPlainMapping(before) && isPlainMapping(value) ? combine(before, value, "merge") : value;
  setEntry(entity.vars, name, merged, key);
  entity.source ??= source.shown;
  if (entity.source === source.shown) {
    delete entity.origins?.[name];
    return;
  }
  entity.origins ??= {};
  define(entity.origins, name, source.shown);
}

/** All groups above `group`. */
export function ancestors(group: GroupNode): Set<GroupNode> {
  const found = new Set<GroupNode>();
  const visit = (node: GroupNode) => {
    for (const parent of node.parents.values()) {
      if (found.has(parent)) continue;
      found.add(parent);
      visit(parent);
    }
  };
  visit(group);
  return found;
}

/** The rules that hold once everything is read: every group is under `all`, hosts without a group in `ungrouped`. */
export function settle(tree: Tree): void {
  const [all, ungrouped] = [addGroup(tree, "all"), addGroup(tree, "ungrouped")];
  for (const group of tree.groups.values()) {
    if (group !== all && group.parents.size === 0) addChild(tree, "all", group.name);
  }
  for (const host of tree.hosts.values()) {
    const grouped = host.groups.some((group) => group !== all && group !== ungrouped);
    if (grouped) host.groups = host.groups.filter((group) => group !== ungrouped);
    // Where a group has the name of such a host, Ansible puts that group under `ungrouped` instead.
    else if (!host.groups.includes(ungrouped)) {
      if (tree.groups.has(host.name)) addChild(tree, "ungrouped", host.name);
      else joinGroup(host, ungrouped);
    }
    if (tree.groups.has(host.name))
      tree.warnings.push(`'${host.name}' is the name of both a group and a host`);
  }
  ungrouped.hosts = ungrouped.hosts.filter((host) => host.groups.includes(ungrouped));
}

forShortRuns(addHost, setHostVars, setVar);
