// Groups and hosts while sources are read: the one structure that INI, YAML, TOML, scripts and host lists fill.

import type { Value } from "./types.ts";

/** Something that has vars, with the file each was set in. */
interface Entity {
  readonly name: string;
  readonly vars: Record<string, Value>;
  readonly origins: Record<string, string>;
}

export interface GroupNode extends Entity {
  readonly hosts: Map<string, HostNode>;
  readonly children: Map<string, GroupNode>;
  readonly parents: Map<string, GroupNode>;
  /** `ansible_group_priority`, of groups at the same depth the higher wins. */
  priority: number;
}

export interface HostNode extends Entity {
  /** Groups that name it directly. */
  readonly groups: Set<GroupNode>;
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
}

/** What is wrong with the inventory as such, whatever the file format; readers add file and line. */
export class TreeError extends Error {}

export function emptyTree(): Tree {
  const tree: Tree = { groups: new Map(), hosts: new Map(), warnings: [] };
  addGroup(tree, "all");
  addGroup(tree, "ungrouped");
  addChild(tree, "all", "ungrouped");
  return tree;
}

export function addGroup(tree: Tree, name: string): GroupNode {
  if (name === "") throw new TreeError("a group needs a name");
  let group = tree.groups.get(name);
  if (group === undefined) {
    group = {
      name,
      hosts: new Map(),
      children: new Map(),
      parents: new Map(),
      vars: {},
      origins: {},
      priority: 1,
    };
    tree.groups.set(name, group);
  }
  return group;
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
    host = { name, vars: {}, origins: {}, groups: new Set() };
    tree.hosts.set(name, host);
    if (port !== undefined) setVar(host, "ansible_port", port, source);
    // `basedir` of a host list is none, in Ansible too.
    host.vars.inventory_file = source.path;
    host.vars.inventory_dir = source.folder;
  }
  if (group !== undefined) {
    group.hosts.set(name, host);
    host.groups.add(group);
  }
  return host;
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

export function setVar(entity: GroupNode | HostNode, name: string, value: Value, source: Source): void {
  if (name === "ansible_group_priority" && "priority" in entity) {
    const priority = typeof value === "string" ? Number(value.trim()) : Math.trunc(Number(value));
    if (!Number.isSafeInteger(priority))
      throw new TreeError(`ansible_group_priority must be a whole number, not ${value}`);
    entity.priority = priority;
    return;
  }
  define(entity.vars, name, value);
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
    const grouped = [...host.groups].some((group) => group !== all && group !== ungrouped);
    if (grouped && host.groups.delete(ungrouped)) ungrouped.hosts.delete(host.name);
    if (!grouped && !host.groups.has(ungrouped)) {
      ungrouped.hosts.set(host.name, host);
      host.groups.add(ungrouped);
    }
    if (tree.groups.has(host.name))
      tree.warnings.push(`'${host.name}' is the name of both a group and a host`);
  }
}

/** Assignment that can't touch a prototype, whatever the name. */
export function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
