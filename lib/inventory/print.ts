// Inventories as ansible-inventory prints them: `--list`, `--host`, `--graph`.

import { OpsError } from "../errors.ts";
import { compareText, pythonJson, pythonText } from "./python-text.ts";
import { unsafeText, vaultText } from "./scalars.ts";
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

/**
 * The JSON of `ansible-inventory --list`: groups with hosts and children, and `_meta.hostvars`; vars are merged, not
 * rendered. With `limit`, only hosts that match it (newer versions of Ansible have that too).
 * @throws OpsError `pattern` when nothing matches `limit`
 */
export function listJson(
  inventory: Inventory,
  { limit }: { readonly limit?: string | undefined } = {},
): string {
  const limited = limit === undefined ? undefined : inventory.match("all", { limit });
  const kept = limited && new Set(limited.map((host) => host.name));
  const groups: Record<string, Value> = {};
  for (const group of inventory.groups.values()) {
    const hosts = group.name === "all" ? [] : group.hosts.filter((name) => kept?.has(name) ?? true);
    const shown = {
      ...(hosts.length > 0 && { hosts }),
      ...(group.children.length > 0 && { children: group.children }),
    };
    if (Object.keys(shown).length > 0) groups[group.name] = shown;
  }
  const hostvars: Record<string, Value> = {};
  for (const host of limited ?? inventory.hosts.values()) {
    const vars = shownVars(host.vars);
    if (Object.keys(vars).length > 0) hostvars[host.name] = vars;
  }
  return pythonJson({ ...groups, _meta: { hostvars } }, { indent: INDENT, sortKeys: true });
}

/**
 * The JSON of `ansible-inventory --host NAME`: the host's vars, merged, not rendered.
 * @throws OpsError `pattern` when `name` is not exactly one host
 */
export function hostJson(inventory: Inventory, name: string): string {
  const [host, ...others] = inventory.match(name);
  if (host === undefined || others.length > 0) {
    throw new OpsError("pattern", `--host wants one host, '${name}' is ${others.length + 1}`, {
      hint: "use --list --limit to see the vars of several",
    });
  }
  return pythonJson(shownVars(host.vars), { indent: INDENT, sortKeys: true });
}

export interface GraphOptions {
  /** Group at the top. */
  readonly group?: string | undefined;
  /** Show the vars of groups and hosts as well. */
  readonly vars?: boolean;
}

/**
 * The tree of `ansible-inventory --graph [--vars]`. Encrypted values are shown as such, never decrypted.
 * @throws OpsError `pattern` when there is no such group
 */
export function graphText(inventory: Inventory, { group = "all", vars = false }: GraphOptions = {}): string {
  const top = inventory.groups.get(group);
  if (top === undefined) {
    throw new OpsError("pattern", `there is no group '${group}'`, {
      hint: `groups are ${[...inventory.groups.keys()].join(", ")}`,
    });
  }
  return groupLines(inventory, top, 0, vars).join("\n");
}

function groupLines(inventory: Inventory, group: Group, depth: number, withVars: boolean): string[] {
  const lines = [line(`@${group.name}:`, depth)];
  for (const child of group.children) {
    const below = inventory.groups.get(child);
    if (below !== undefined) lines.push(...groupLines(inventory, below, depth + 1, withVars));
  }
  for (const name of group.name === "all" ? [] : group.hosts) {
    lines.push(line(name, depth + 1));
    const host: Host | undefined = inventory.hosts.get(name);
    if (withVars && host !== undefined) lines.push(...varLines(host.vars, depth + 2));
  }
  if (!withVars) return lines;
  const priority =
    group.priority === undefined || group.priority === 1 ? {} : { ansible_group_priority: group.priority };
  return [...lines, ...varLines({ ...group.vars, ...priority }, depth + 1)];
}

function varLines(vars: Vars, depth: number): string[] {
  return Object.entries(shownVars(vars))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => line(`{${name} = ${valueText(value)}}`, depth));
}

function valueText(value: Value): string {
  if (vaultText(value) !== undefined) return "(encrypted with Ansible Vault)";
  return pythonText(unsafeText(value) ?? value);
}

function line(text: string, depth: number): string {
  return depth === 0 ? text : `${"  |".repeat(depth)}--${text}`;
}

function shownVars(vars: Vars): Record<string, Value> {
  return Object.fromEntries(Object.entries(vars).filter(([name]) => !INTERNAL.has(name)));
}
