// Inventories written as nested mappings: YAML and JSON files, TOML, and the JSON that scripts print.

import { keyedEntries, orderedEntries, originalKey } from "./keys.ts";
import { expandHosts } from "./range.ts";
import { truthy } from "./results.ts";
import { isMapping } from "./scalars.ts";
import {
  addChild,
  addGroup,
  addHost,
  type GroupNode,
  type Source,
  setHostVars,
  setVar,
  type Tree,
  TreeError,
} from "./tree.ts";
import type { Value } from "./types.ts";

/**
 * Reads a YAML inventory's mapping of groups into `tree`.
 * @throws TreeError saying which group or host is wrong, and the keys that lead there
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/yaml_inventory.html
 */
export function addYamlGroups(data: Value, tree: Tree, source: Source): void {
  if (isEmpty(data)) throw new TreeError("the file is empty");
  if (!isMapping(data)) throw new TreeError(`a YAML inventory is a mapping of groups, this is ${kind(data)}`);
  if (!isEmpty(data.plugin ?? null))
    throw new TreeError("this is the configuration of an inventory plugin", ["plugin"]);
  for (const [name, group] of orderedEntries(data)) addYamlGroup(data, name, group, [name], tree, source);
}

/** The group's name as the tree has it; of what is no group, the name as it is. */
function addYamlGroup(
  parent: object,
  given: string,
  data: Value,
  path: readonly string[],
  tree: Tree,
  source: Source,
): string {
  if (data !== null && !isMapping(data)) {
    tree.warnings.push(`${source.shown}: '${given}' is skipped: a group is a mapping, not ${kind(data)}`);
    return given;
  }
  refuseOddKey(parent, given, "group", path);
  const group = addGroup(tree, given);
  for (const key of PARTS) if (data?.[key] !== undefined) section(group, key, data[key], path);
  for (const [key, content] of orderedEntries(data ?? {})) {
    const part = PARTS.includes(key) ? section(group, key, content, path) : content;
    if (!PARTS.includes(key) && part !== null) {
      const also = isMapping(part) ? "" : `, and a mapping is wanted, not ${kind(part)}`;
      tree.warnings.push(
        `${source.shown}: '${key}' in group '${group.name}' is skipped: a group has hosts, vars and children${also}`,
      );
    } else if (isMapping(part)) {
      if (key === "vars")
        for (const [name, value, key] of keyedEntries(part)) setVar(group, name, value, source, key);
      else if (key === "hosts") addYamlHosts(group, part, [...path, "hosts"], tree, source);
      else addYamlChildren(group, part, [...path, "children"], tree, source);
    }
  }
  return group.name;
}

const PARTS: readonly string[] = ["vars", "children", "hosts"];

/** The mapping under `hosts:`, `vars:` or `children:`; one lone name stands for a mapping of it. */
function section(group: GroupNode, key: string, value: Value, path: readonly string[]) {
  if (typeof value === "string") return { [value]: null };
  if (value !== null && !isMapping(value))
    throw new TreeError(`${key} of group '${group.name}' must be a mapping, not ${kind(value)}`, [
      ...path,
      key,
    ]);
  return value;
}

function addYamlChildren(
  group: GroupNode,
  children: Record<string, Value>,
  path: readonly string[],
  tree: Tree,
  source: Source,
): void {
  for (const [child, content] of orderedEntries(children)) {
    const name = addYamlGroup(children, child, content, [...path, child], tree, source);
    const host = tree.hosts.get(name);
    try {
      if (tree.groups.has(name)) addChild(tree, group.name, name);
      // Ansible takes a host for a child where no group has that name.
      else if (host !== undefined) addHost(tree, name, group, source);
      else throw new TreeError(`'${child}' is no group`);
    } catch (error) {
      if (!(error instanceof TreeError)) throw error;
      throw new TreeError(`children of '${group.name}': ${error.message}`, [...path, child]);
    }
  }
}

function addYamlHosts(
  group: GroupNode,
  hosts: Record<string, Value>,
  path: readonly string[],
  tree: Tree,
  source: Source,
): void {
  for (const [pattern, vars] of orderedEntries(hosts)) {
    refuseOddKey(hosts, pattern, "host", [...path, pattern]);
    const { names, port } = namesOf(pattern, [...path, pattern]);
    if (!isEmpty(vars) && !isMapping(vars))
      throw new TreeError(`vars of host '${pattern}' must be a mapping, not ${kind(vars)}`, [
        ...path,
        pattern,
      ]);
    const entries = isMapping(vars) ? keyedEntries(vars) : [];
    for (const name of names) {
      setHostVars(tree, addHost(tree, name, group, source, port), entries, source);
    }
  }
}

function namesOf(pattern: string, path: readonly string[]) {
  try {
    return expandHosts(pattern);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TreeError(`host '${pattern}': ${error.message}`, path);
  }
}

/** Python's falsehood. */
function isEmpty(value: Value): boolean {
  return !truthy(value);
}

/**
 * Reads a TOML inventory's tables into `tree`: as YAML, except that children are a list of names.
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/toml_inventory.html
 */
export function addTomlGroups(data: Value, tree: Tree, source: Source): void {
  if (!isMapping(data) || isEmpty(data)) throw new TreeError("the file is empty");
  if (!isEmpty(data.plugin ?? null)) throw new TreeError("this is the configuration of an inventory plugin");
  for (const [name, content] of Object.entries(data)) {
    if (!isMapping(content)) {
      tree.warnings.push(`${source.shown}: '${name}' is skipped: a group is a table, not ${kind(content)}`);
      continue;
    }
    const group = addGroup(tree, name);
    for (const [key, part] of Object.entries(content)) {
      if (key === "children") {
        if (!Array.isArray(part))
          throw new TreeError(`children of group '${name}' must be a list, not ${kind(part)}`);
        for (const child of part) addChild(tree, group.name, addGroup(tree, String(child)).name);
      } else if (!PARTS.includes(key)) {
        tree.warnings.push(
          `${source.shown}: '${key}' in group '${name}' is skipped: a group has hosts, vars and children`,
        );
      } else if (!isMapping(part)) {
        throw new TreeError(`${key} of group '${name}' must be a table, not ${kind(part)}`);
      } else if (key === "hosts") addYamlHosts(group, part, [name, key], tree, source);
      else for (const [name, value] of Object.entries(part)) setVar(group, name, value, source);
    }
  }
}

/**
 * Reads what an inventory script prints for `--list`; returns the hosts it named and their vars,
 * undefined when it has no `_meta` and must be asked with `--host` for each.
 * @see https://docs.ansible.com/ansible/latest/dev_guide/developing_inventory.html#inventory-scripts
 */
export function addScriptGroups(data: Value, tree: Tree, source: Source) {
  if (!isMapping(data)) throw new TreeError(`the script must print a JSON object, this is ${kind(data)}`);
  const hosts = new Set<string>();
  let meta: Value | undefined;
  for (const [name, content] of orderedEntries(data)) {
    if (name !== "_meta") addScriptGroup(name, content, hosts, tree, source);
    else if (isMapping(content) && content.hostvars !== undefined) meta = content.hostvars;
  }
  if (meta !== undefined && !isMapping(meta))
    throw new TreeError(`_meta.hostvars must be an object, not ${kind(meta)}`);
  return { hosts, hostvars: meta };
}

function addScriptGroup(name: string, data: Value, hosts: Set<string>, tree: Tree, source: Source): void {
  const group = addGroup(tree, name);
  // Old short forms: a bare list is the hosts; an object with none of the known keys is a host of that name with vars.
  const known = isMapping(data) && ["hosts", "vars", "children"].some((key) => key in data);
  const form: Record<string, Value> = !isMapping(data)
    ? { hosts: data }
    : known
      ? data
      : { hosts: [name], vars: data };
  for (const host of listOf(form.hosts, `hosts of group '${name}'`)) {
    hosts.add(host);
    addHost(tree, host, group, source);
  }
  const vars = form.vars ?? {};
  if (!isMapping(vars)) throw new TreeError(`vars of group '${name}' must be an object, not ${kind(vars)}`);
  for (const [key, value] of Object.entries(vars)) setVar(group, key, value, source);
  for (const child of listOf(form.children, `children of group '${name}'`)) addChild(tree, name, child);
}

function listOf(value: Value | undefined, what: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TreeError(`${what} must be a list, not ${kind(value)}`);
  return value.map((item: Value) => {
    if (typeof item !== "string") throw new TreeError(`${what} must be names, not ${kind(item)}`);
    return item;
  });
}

function refuseOddKey(mapping: object, key: string, what: string, path: readonly string[]): void {
  if (typeof originalKey(mapping, key) !== "string")
    throw new TreeError(`the name of a ${what} must be a string: write "${key}" in quotes`, path);
}

function kind(value: Value): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isMapping(value)) return "a mapping";
  return typeof value === "string"
    ? `the text '${value.length > 40 ? `${value.slice(0, 39)}…` : value}'`
    : `a ${typeof value}`;
}
