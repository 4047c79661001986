// Who wins: a host's vars merged from groups, vars files, the host itself and extra vars, in Ansible's order.

import { shortName } from "./range.ts";
import { ancestors, define, type GroupNode, type HostNode, type Tree } from "./tree.ts";
import type { Vars } from "./types.ts";
import type { VarsFile, VarsFiles } from "./vars-files.ts";

/** group_vars/ and host_vars/ of one folder. */
export interface VarsFolder {
  readonly groups: VarsFiles;
  readonly hosts: VarsFiles;
}

export interface Merger {
  /** Names of the groups `host` is in, sorted, without `all`. */
  groupNames(host: HostNode): readonly string[];
  vars(host: HostNode): Vars;
  /** What the host has before its own vars come in: for a host that no source names, `all`'s. */
  allVars(): Vars;
  /** Vars of the group itself, inline and from files. */
  groupVars(group: GroupNode): Vars;
  origin(host: HostNode, name: string): string | undefined;
}

/** Vars with where they come from: later layers win. */
interface Layer {
  readonly vars: () => Vars;
  readonly origin: (name: string) => string | undefined;
}

/**
 * Merges vars as Ansible's default precedence has it: `all` and groups inline, then group_vars of `all` and of the
 * groups (folder by folder), the host inline, its host_vars, extra vars. Groups go by depth, priority, name.
 * Hosts in the same groups share the groups' part, so that ten thousand hosts cost ten thousand small merges.
 * @see https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html#understanding-variable-precedence
 */
export function createMerger(tree: Tree, folders: readonly VarsFolder[], extraVars: Vars): Merger {
  const depths = new Map<GroupNode, number>();
  const families = new Map<string, Family>();
  const numbers = new Map([...tree.groups.values()].map((group, index) => [group, index]));
  const all = tree.groups.get("all");

  const family = (direct: ReadonlySet<GroupNode>): Family => {
    const key = [...direct].map((group) => numbers.get(group)).join(" ");
    let found = families.get(key);
    if (found === undefined) {
      found = createFamily(direct, all, folders, depths);
      families.set(key, found);
    }
    return found;
  };
  const own = (host: HostNode): Layer[] => [
    inline(host),
    ...folders.flatMap((folder) => filesOf(folder.hosts, host.name)),
    { vars: () => extraVars, origin: () => "-e" },
  ];
  return {
    groupNames: (host) => family(host.groups).names,
    vars: (host) => merge([{ vars: family(host.groups).vars, origin: () => undefined }, ...own(host)]),
    allVars: () =>
      merge([
        { vars: family(new Set()).vars, origin: () => undefined },
        { vars: () => extraVars, origin: () => "-e" },
      ]),
    groupVars: (group) =>
      merge([inline(group), ...folders.flatMap((folder) => filesOf(folder.groups, group.name))]),
    origin(host, name) {
      const layers = [...family(host.groups).layers, ...own(host)];
      return layers.findLast((layer) => Object.hasOwn(layer.vars(), name))?.origin(name);
    },
  };
}

/** What hosts in exactly the same groups share. */
interface Family {
  readonly names: readonly string[];
  readonly layers: readonly Layer[];
  readonly vars: () => Vars;
}

function createFamily(
  direct: ReadonlySet<GroupNode>,
  all: GroupNode | undefined,
  folders: readonly VarsFolder[],
  depths: Map<GroupNode, number>,
): Family {
  const members = new Set(direct);
  for (const group of direct) for (const above of ancestors(group)) members.add(above);
  if (all !== undefined) members.delete(all);
  const groups = [...members].sort(
    (a, b) =>
      depthOf(a, depths) - depthOf(b, depths) || a.priority - b.priority || (a.name < b.name ? -1 : 1),
  );
  const inherited = all === undefined ? groups : [all, ...groups];
  const layers = [
    ...inherited.map(inline),
    ...folders.flatMap((folder) => filesOf(folder.groups, "all")),
    ...folders.flatMap((folder) => groups.flatMap((group) => filesOf(folder.groups, group.name))),
  ];
  let vars: Vars | undefined;
  return {
    names: groups.map((group) => group.name).sort(),
    layers,
    vars() {
      vars ??= merge(layers);
      return vars;
    },
  };
}

/** Longest way down from `all`. */
function depthOf(group: GroupNode, known: Map<GroupNode, number>): number {
  let depth = known.get(group);
  if (depth === undefined) {
    depth = 0;
    for (const parent of group.parents.values()) depth = Math.max(depth, depthOf(parent, known) + 1);
    known.set(group, depth);
  }
  return depth;
}

function inline(entity: GroupNode | HostNode): Layer {
  return { vars: () => entity.vars, origin: (name) => entity.origins[name] };
}

function filesOf(files: VarsFiles, name: string): Layer[] {
  return (files.get(name) ?? []).map((file: VarsFile) => ({
    vars: () => file.vars(),
    origin: () => file.shown,
  }));
}

function merge(layers: readonly Layer[]): Vars {
  const merged: Record<string, Vars[string]> = {};
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer.vars())) define(merged, name, value);
  return merged;
}

/** Hosts of `group` and of all groups below it, nearest groups first. */
export function hostsBelow(group: GroupNode): readonly HostNode[] {
  const seen = new Set<GroupNode>([group]);
  const hosts = new Set<HostNode>();
  for (const each of seen) {
    for (const host of each.hosts.values()) hosts.add(host);
    for (const child of each.children.values()) seen.add(child);
  }
  return [...hosts];
}

/** Vars every host has by itself; they win over all but extra vars. */
export function magicVars(host: { readonly name: string; readonly groups: readonly string[] }): Vars {
  return {
    inventory_hostname: host.name,
    inventory_hostname_short: shortName(host.name),
    group_names: host.groups,
  };
}
