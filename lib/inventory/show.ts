// What is asked of an inventory on ansible-inventory's command line, as the text it answers.

import { writeFileSync } from "node:fs";
import { OpsError } from "../errors.ts";
import { decrypted } from "./decrypted.ts";
import { setEntry } from "./keys.ts";
import { graphText, groupVars, hostJson, hostVars, listJson, shownVars } from "./print.ts";
import type { Group, Host, Inventory, Value } from "./types.ts";

export interface Wish {
  /** One host's vars; else, with `graph`, the tree of groups; else all there is. */
  readonly host?: string | undefined;
  readonly graph?: boolean | undefined;
  /** With `graph`: the group at its top, and whether to show vars. */
  readonly group?: string | undefined;
  readonly vars?: boolean | undefined;
  readonly limit?: string | undefined;
  readonly asSet?: boolean | undefined;
  /** Instead of JSON, for all but `graph`; with both it is YAML. */
  readonly yaml?: boolean | undefined;
  readonly toml?: boolean | undefined;
}

type Groups = Record<string, Value>;

/**
 * The answer to `wish`, as ansible-inventory writes it into a file.
 * @throws OpsError `usage`, `pattern`, `inventory`, as `hostJson`, `listJson` and `graphText` do
 */
export function showInventory(inventory: Inventory, wish: Wish): string {
  const { host, graph = false, yaml = false, toml = false } = wish;
  if (graph && host === undefined) return graphText(inventory, { ...wish, vars: wish.vars === true });
  if (!yaml && !toml) return host === undefined ? listJson(inventory, wish) : hostJson(inventory, host, wish);
  if (host !== undefined) return written(hostVars(inventory, host, wish), inventory, yaml);
  const limited = wish.limit === undefined ? undefined : inventory.match("all", { limit: wish.limit });
  const context = {
    inventory,
    asSet: wish.asSet === true,
    kept: limited && new Set(limited.map((each) => each.name)),
    seen: new Set<string>(),
  };
  const all = inventory.groups.get("all");
  if (all === undefined) throw new TypeError("an inventory without the group 'all'");
  if (yaml) return written(yamlGroup(all, context), inventory, yaml);
  const groups: Groups = {};
  for (const [name, shown] of tomlGroups(all, context)) setEntry<Value>(groups, name, shown);
  return written(groups, inventory, yaml);
}

/** Writes `text` to the file `path`. @throws OpsError `setting` saying why it can't be */
export function writeShown(text: string, path: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new OpsError("setting", `${path} can't be written: ${(error as Error).message}`, { cause: error });
  }
}

/** YAML and TOML are loaded when they are asked for: most lists are JSON. */
function written(value: Groups, inventory: Inventory, yaml: boolean): string {
  if (yaml) return (require("./dump-yaml.ts") as typeof import("./dump-yaml.ts")).dumpYaml(value);
  const { dumpToml } = require("./dump-toml.ts") as typeof import("./dump-toml.ts");
  return dumpToml(value, { open: (secret) => decrypted(inventory, secret) });
}

interface Context {
  readonly inventory: Inventory;
  readonly asSet: boolean;
  readonly kept: ReadonlySet<string> | undefined;
  /** Hosts whose vars were shown: they are, where the host comes first. */
  readonly seen: Set<string>;
}

function yamlGroup(group: Group, context: Context): Groups {
  const children: Groups = {};
  for (const child of childrenOf(group, context)) Object.assign(children, yamlGroup(child, context));
  const shown = { children, hosts: hostsOf(group, context), vars: varsOf(group, context) };
  return { [group.name]: withoutEmpty(shown) };
}

/** In the order in which groups are met; one met again by another way shows no vars of its hosts. */
function tomlGroups(group: Group, context: Context): Map<string, Groups> {
  const groups = new Map<string, Groups>([[group.name, {}]]);
  const children: string[] = [];
  for (const child of childrenOf(group, context)) {
    if (child.name === "ungrouped" && child.hosts.length === 0) continue;
    if (group.name !== "all") children.push(child.name);
    for (const [name, shown] of tomlGroups(child, context)) groups.set(name, shown);
  }
  const shown = withoutEmpty({ children, hosts: hostsOf(group, context), vars: varsOf(group, context) });
  if (Object.keys(shown).length > 0) groups.set(group.name, shown);
  else groups.delete(group.name);
  return groups;
}

function childrenOf({ children }: Group, { inventory }: Context): Group[] {
  return children.flatMap((name) => (name === "all" ? [] : (inventory.groups.get(name) ?? [])));
}

function hostsOf(group: Group, { inventory, asSet, kept, seen }: Context): Record<string, Groups> {
  const shown: Record<string, Groups> = {};
  for (const name of group.name === "all" ? [] : group.hosts) {
    const host: Host | undefined = inventory.hosts.get(name);
    if (host === undefined || kept?.has(name) === false) continue;
    setEntry(shown, name, seen.has(name) ? {} : shownVars(asSet ? (host.ownVars ?? {}) : host.vars));
    seen.add(name);
  }
  return shown;
}

function varsOf(group: Group, { asSet }: Context): Groups {
  return asSet ? groupVars(group) : {};
}

function withoutEmpty(parts: Record<string, Groups | string[]>): Groups {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length > 0));
}
