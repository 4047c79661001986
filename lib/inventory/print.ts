// Inventories as ansible-inventory prints them: `--list`, `--host`, `--graph`.

import { OpsError } from "../errors.ts";
import { decrypted } from "./decrypted.ts";
import { mapValues, orderedEntries, originalKey, setEntry } from "./keys.ts";
import { Layered, pythonJson, UnsortableError, type Writable } from "./python-json.ts";
import { compareText, pythonText } from "./python-text.ts";
import { isMapping, unsafeText, vaultText } from "./scalars.ts";
import { Tuple, tuple } from "./tuple.ts";
import type { Group, Host, Inventory, Value, Vars } from "./types.ts";

/** Names ansible-inventory leaves out of what it prints. */
const INTERNAL = new Set(
  `ansible_diff_mode ansible_config_file ansible_facts ansible_forks ansible_inventory_sources ansible_limit
  ansible_playbook_python ansible_run_tags ansible_skip_tags ansible_verbosity ansible_version inventory_dir
  inventory_file inventory_hostname inventory_hostname_short groups group_names omit playbook_dir`.split(
    /\s+/,
  ),
);
const INDENT = 4;

export interface ListOptions {
  /** Only hosts that match (newer versions of Ansible have that too). */
  readonly limit?: string | undefined;
  /** `--export`: vars stand where they were set, at groups and at hosts, instead of merged at every host. */
  readonly asSet?: boolean | undefined;
}

/**
 * The JSON of `ansible-inventory --list`: groups with hosts and children, and `_meta.hostvars`; vars are merged, not
 * rendered.
 * @throws OpsError `pattern` when nothing matches `limit`
 */
export function listJson(inventory: Inventory, { limit, asSet = false }: ListOptions = {}): string {
  const limited = limit === undefined ? undefined : inventory.match("all", { limit });
  const kept = limited && new Set(limited.map((host) => host.name));
  const groups = new Map<string, Writable>();
  for (const group of groupsBelow(inventory, "all")) {
    const hosts =
      group.name === "all"
        ? []
        : kept === undefined
          ? group.hosts
          : group.hosts.filter((name) => kept.has(name));
    const shown = {
      ...(hosts.length > 0 && { hosts }),
      ...(group.children.length > 0 && { children: group.children }),
      ...(asSet && nonEmpty({ vars: groupVars(group) })),
    };
    if (Object.keys(shown).length > 0) groups.set(group.name, shown);
  }
  const hostvars = new Map<string, Writable>();
  for (const host of limited ?? inventory.match("all", { orNone: true })) {
    const { shared, own } = asSet ? { shared: {}, own: host.ownVars ?? {} } : partsOf(host);
    if (hasShown(own) || hasShown(shared)) hostvars.set(host.name, new Layered(shared, own, INTERNAL));
  }
  groups.set("_meta", new Map([["hostvars", hostvars]]));
  return sortedJson(groups, inventory);
}

function partsOf(host: Host) {
  return host.parts ?? { shared: {}, own: host.vars };
}

function hasShown(vars: Vars): boolean {
  for (const name in vars) if (!INTERNAL.has(name)) return true;
  return false;
}

/**
 * The JSON of `ansible-inventory --host NAME`: the host's vars, merged, not rendered.
 * @throws OpsError `usage` when `name` is not exactly one host, `pattern` when it is malformed
 */
export function hostJson(
  inventory: Inventory,
  name: string,
  options: Pick<ListOptions, "asSet"> = {},
): string {
  return sortedJson(hostVars(inventory, name, options), inventory);
}

/** Sorted, or else, where a mapping has text and numbers as keys, not at all: as in Ansible. */
function sortedJson(value: Writable, { warnings }: Inventory): string {
  try {
    return pythonJson(value, { indent: INDENT, sortKeys: true });
  } catch (error) {
    if (!(error instanceof UnsortableError)) throw error;
    (warnings as string[]).push(`what is shown is not sorted: ${error.message}`);
    return pythonJson(value, { indent: INDENT });
  }
}

/** What `--host NAME` shows. @throws OpsError as `hostJson` */
export function hostVars(
  inventory: Inventory,
  name: string,
  { asSet = false }: Pick<ListOptions, "asSet"> = {},
): Record<string, Value> {
  const [host, ...others] = inventory.match(name, { orNone: true });
  if (host === undefined) throw new OpsError("usage", `--host wants one host, and none matches '${name}'`);
  if (others.length > 0) {
    throw new OpsError("usage", `--host wants one host, '${name}' is ${others.length + 1}`, {
      hint: "use --list --limit to see the vars of several",
    });
  }
  return shownVars(asSet ? (host.ownVars ?? {}) : host.vars);
}

export interface GraphOptions {
  /** Group at the top. */
  readonly group?: string | undefined;
  /** Show the vars of groups and hosts as well. */
  readonly vars?: boolean;
  readonly asSet?: boolean | undefined;
}

/**
 * The tree of `ansible-inventory --graph [--vars]`. With `vars`, encrypted values are shown decrypted, as Ansible does.
 * @throws OpsError `usage` when there is no such group, `inventory` when a value can't be decrypted
 */
export function graphText(inventory: Inventory, options: GraphOptions = {}): string {
  const { group = "all" } = options;
  const top = inventory.groups.get(group);
  if (top === undefined) {
    throw new OpsError("usage", `there is no group '${group}'`, {
      hint: `groups are ${[...inventory.groups.keys()].join(", ")}`,
    });
  }
  return groupLines(inventory, top, 0, options).join("\n");
}

function groupLines(inventory: Inventory, group: Group, depth: number, options: GraphOptions): string[] {
  const lines = [line(`@${group.name}:`, depth)];
  for (const child of group.children) {
    const below = inventory.groups.get(child);
    if (below !== undefined) lines.push(...groupLines(inventory, below, depth + 1, options));
  }
  for (const name of group.name === "all" ? [] : group.hosts) {
    lines.push(line(name, depth + 1));
    const host: Host | undefined = inventory.hosts.get(name);
    if (options.vars !== true || host === undefined) continue;
    const vars = options.asSet === true ? (host.ownVars ?? {}) : host.vars;
    lines.push(...varLines(inventory, shownVars(vars), depth + 2));
  }
  if (options.vars !== true) return lines;
  return [...lines, ...varLines(inventory, groupVars(group), depth + 1)];
}

function varLines(inventory: Inventory, vars: Vars, depth: number): string[] {
  return Object.entries(vars)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => line(`{${name} = ${pythonText(opened(inventory, value))}}`, depth));
}

/** `value` with the texts that stand encrypted or marked as unsafe in it. */
function opened(inventory: Inventory, value: Value): Value {
  const secret = vaultText(value);
  if (secret !== undefined) return decrypted(inventory, secret);
  const text = unsafeText(value);
  if (text !== undefined) return text;
  if (Array.isArray(value)) {
    const items = value.map((item: Value) => opened(inventory, item));
    return value instanceof Tuple ? tuple(items) : items;
  }
  return isMapping(value) ? mapValues(value, (item) => opened(inventory, item)) : value;
}

/** Vars of a group as ansible-inventory shows them: with its priority where that is not the usual one. */
export function groupVars({ vars, priority = 1 }: Group): Vars {
  return shownVars(priority === 1 ? vars : { ...vars, ansible_group_priority: priority });
}

/** `name` and all groups below it: a group that no parent holds (a source failed half-way) isn't shown. */
function groupsBelow(inventory: Inventory, name: string): Set<Group> {
  const found = new Set<Group>();
  const visit = (each: string) => {
    const group = inventory.groups.get(each);
    if (group === undefined || found.has(group)) return;
    found.add(group);
    for (const child of group.children) visit(child);
  };
  visit(name);
  return found;
}

function nonEmpty(entry: Record<string, Vars>): Record<string, Vars> {
  return Object.values(entry).every((vars) => Object.keys(vars).length > 0) ? entry : {};
}

function line(text: string, depth: number): string {
  return depth === 0 ? text : `${"  |".repeat(depth)}--${text}`;
}

/** `vars` without the names that ansible-inventory keeps to itself, in the order of the text. */
export function shownVars(vars: Vars): Record<string, Value> {
  const shown: Record<string, Value> = {};
  for (const [name, value] of orderedEntries(vars))
    if (!INTERNAL.has(name)) setEntry(shown, name, value, originalKey(vars, name));
  return shown;
}
