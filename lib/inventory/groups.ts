// Inventories written as nested mappings: YAML and JSON files, TOML, and the JSON that scripts print.

import { expandHosts } from "./range.ts";
import { isMapping } from "./scalars.ts";
import {
  addChild,
  addGroup,
  addHost,
  type GroupNode,
  type Source,
  setVar,
  type Tree,
  TreeError,
} from "./tree.ts";
import type { Value } from "./types.ts";
import { isOddKey } from "./yaml.ts";

/**
 * Reads a YAML inventory's mapping of groups into `tree`.
 * @throws TreeError or RangeError saying which group or host is wrong
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/yaml_inventory.html
 */
export function addYamlGroups(data: Value, tree: Tree, source: Source): void {
  if (data === null) throw new TreeError("the file is empty");
  if (!isMapping(data)) throw new TreeError(`a YAML inventory is a mapping of groups, this is ${kind(data)}`);
  for (const [name, group] of Object.entries(data)) {
    refuseOddKey(data, name, "group");
    addYamlGroup(name, group, tree, source);
  }
}

function addYamlGroup(name: string, data: Value, tree: Tree, source: Source): boolean {
  if (data !== null && !isMapping(data)) {
    tree.warnings.push(`${source.shown}: '${name}' is skipped: a group is a mapping, not ${kind(data)}`);
    return false;
  }
  const group = addGroup(tree, name);
  for (const key of Object.keys(data ?? {})) {
    const part = section(group, key, data?.[key] ?? null, tree, source);
    if (part === undefined) continue;
    if (key === "vars") for (const [name, value] of Object.entries(part)) setVar(group, name, value, source);
    else if (key === "hosts") addYamlHosts(group, part, tree, source);
    else {
      for (const [child, content] of Object.entries(part)) {
        refuseOddKey(part, child, "group");
        if (addYamlGroup(child, content, tree, source)) addChild(tree, name, child);
        else throw new TreeError(`children of '${name}': '${child}' is no group`);
      }
    }
  }
  return true;
}

/** The mapping under `hosts:`, `vars:` or `children:`; one lone name stands for a mapping of it. */
function section(group: GroupNode, key: string, value: Value, tree: Tree, source: Source) {
  if (key !== "hosts" && key !== "vars" && key !== "children") {
    const also = isMapping(value) || value === null ? "" : `, and a mapping is wanted, not ${kind(value)}`;
    tree.warnings.push(
      `${source.shown}: '${key}' in group '${group.name}' is skipped: a group has hosts, vars and children${also}`,
    );
    return undefined;
  }
  if (value === null) return undefined;
  if (typeof value === "string") return { [value]: null };
  if (!isMapping(value))
    throw new TreeError(`${key} of group '${group.name}' must be a mapping, not ${kind(value)}`);
  return value;
}

function addYamlHosts(group: GroupNode, hosts: Record<string, Value>, tree: Tree, source: Source): void {
  for (const [pattern, vars] of Object.entries(hosts)) {
    refuseOddKey(hosts, pattern, "host");
    const { names, port } = expandHosts(pattern);
    if (vars && !isMapping(vars))
      throw new TreeError(`vars of host '${pattern}' must be a mapping, not ${kind(vars)}`);
    const entries = Object.entries(isMapping(vars) ? vars : {});
    for (const name of names) {
      const host = addHost(tree, name, group, source, port);
      for (const [key, value] of entries) setVar(host, key, value, source);
    }
  }
}

/**
 * Reads a TOML inventory's tables into `tree`: as YAML, except that children are a list of names.
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/toml_inventory.html
 */
export function addTomlGroups(data: Value, tree: Tree, source: Source): void {
  for (const [name, content] of Object.entries(isMapping(data) ? data : {})) {
    if (!isMapping(content)) {
      tree.warnings.push(`${source.shown}: '${name}' is skipped: a group is a table, not ${kind(content)}`);
      continue;
    }
    const { children, ...others } = content;
    addYamlGroup(name, others, tree, source);
    if (children === undefined) continue;
    if (!Array.isArray(children))
      throw new TreeError(`children of group '${name}' must be a list, not ${kind(children)}`);
    for (const child of children) addChild(tree, name, String(child));
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
  for (const [name, content] of Object.entries(data)) {
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

function refuseOddKey(mapping: object, key: string, what: string): void {
  if (isOddKey(mapping, key))
    throw new TreeError(`the name of a ${what} must be a string: write "${key}" in quotes`);
}

function kind(value: Value): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isMapping(value)) return "a mapping";
  return typeof value === "string"
    ? `the text '${value.length > 40 ? `${value.slice(0, 39)}…` : value}'`
    : `a ${typeof value}`;
}
