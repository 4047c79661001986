// Who wins: a host's vars merged from groups, vars files, the host itself and extra vars, in Ansible's order.

import { combine, overlay } from "./combine.ts";
import { once } from "./once.ts";
import { compareText } from "./python-text.ts";
import { shortName } from "./range.ts";
import { forShortRuns } from "./short-runs.ts";
import { ancestors, type GroupNode, type HostNode, originOf, type Tree } from "./tree.ts";
import type { Vars } from "./types.ts";
import type { VarsFile, VarsFiles } from "./vars-files.ts";

/** group_vars/ and host_vars/ of one folder. */
export interface VarsFolder {
  readonly groups: VarsFiles;
  readonly hosts: VarsFiles;
}

export interface MergeOptions {
  /** group_vars/ and host_vars/ beside the sources, in order. */
  readonly folders: readonly VarsFolder[];
  /** Those beside the playbook, or in the folder that stands for its. */
  readonly playFolder?: VarsFolder | undefined;
  /** Whether a group by itself has those of `playFolder` as well. */
  readonly playFolderIsGiven?: boolean | undefined;
  readonly extraVars: Vars;
}

/** Vars in two parts, of which `own` wins name by name. */
export interface Parts {
  /** What all hosts in the same groups share: the same object for each of them. */
  readonly shared: Vars;
  readonly own: Vars;
}

export interface Merger {
  /** Names of the groups `host` is in, sorted, without `all`. */
  groupNames(host: HostNode): readonly string[];
  /** All vars of the host. */
  parts(host: HostNode): Parts;
  /** Vars of the host itself, inline and from files. */
  ownVars(host: HostNode): Vars;
  /** Vars of the group itself, inline and from files. */
  groupVars(group: GroupNode): Vars;
  origin(host: HostNode, name: string): string | undefined;
}

/** What has vars: a group or host inline, or a file. */
type Layer = GroupNode | HostNode | VarsFile;
/** Layers by folder, later ones win: with `hash_behaviour = merge` it matters what is merged with what first. */
type Stage = readonly (readonly Layer[])[];

/**
 * Merges vars by Ansible's precedence, which by default is: `all` and groups inline, then group_vars of `all` and of the
 * groups (folder by folder), the host inline, its host_vars, extra vars. Groups go by depth, priority, name.
 * Hosts in the same groups share the groups' part, so that ten thousand hosts cost ten thousand small merges.
 * @see https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html#understanding-variable-precedence
 */
export function createMerger(tree: Tree, options: MergeOptions): Merger {
  const { folders, playFolder, extraVars } = options;
  const { hashBehaviour } = tree.rules;
  const sortGroups = createSort();
  const families = new Map<number, Family[]>();
  const play = playFolder === undefined ? [] : [playFolder];
  const places = [...folders, ...play];
  const hasExtra = Object.keys(extraVars).length > 0;
  const extra: Stage[] = hasExtra ? [[[{ shown: "-e", vars: extraVars }]]] : [];

  const merge = (stages: readonly Stage[], start?: Vars): Vars => {
    if (hashBehaviour === "replace") {
      let merged: Vars | undefined = start && overlay(undefined, start);
      for (const stage of stages)
        for (const folder of stage) for (const layer of folder) merged = overlay(merged, layer.vars);
      return merged ?? {};
    }
    let merged: Vars | undefined;
    const over = (under: Vars | undefined, vars: Vars) =>
      under === undefined ? vars : combine(under, vars, hashBehaviour);
    for (const stage of stages) {
      let ofStage: Vars | undefined;
      for (const folder of stage) {
        let ofFolder: Vars | undefined;
        for (const layer of folder) ofFolder = over(ofFolder, layer.vars);
        if (ofFolder !== undefined) ofStage = over(ofStage, ofFolder);
      }
      if (ofStage !== undefined) merged = over(merged ?? start ?? {}, ofStage);
    }
    return merged ?? start ?? {};
  };
  const filesOfGroups = (from: readonly VarsFolder[], groups: readonly GroupNode[]): Stage =>
    from.map((folder) => {
      const files: VarsFile[] = [];
      for (const group of groups) for (const file of folder.groups(group.name)) files.push(file);
      return files;
    });

  const stageOf = (entry: string, all: readonly GroupNode[], groups: readonly GroupNode[]): Stage => {
    const of = entry.startsWith("all_") ? all : groups;
    if (entry === "all_inventory" || entry === "groups_inventory") return [of];
    if (entry === "all_plugins_inventory" || entry === "groups_plugins_inventory")
      return filesOfGroups(folders, of);
    if (entry === "all_plugins_play" || entry === "groups_plugins_play") return filesOfGroups(play, of);
    const warning = `precedence: there is no entry '${entry}', so it is passed over`;
    if (!tree.warnings.includes(warning)) tree.warnings.push(warning);
    return [];
  };

  const family = (direct: readonly GroupNode[]): Family => {
    let key = 0;
    for (const group of direct) key = (key * 31 + group.number) | 0;
    const alike = families.get(key) ?? [];
    for (const each of alike) if (isSame(each.groups, direct)) return each;
    const found = newFamily(direct);
    families.set(key, [...alike, found]);
    return found;
  };
  const newFamily = (direct: readonly GroupNode[]): Family => {
    const groups = sortGroups(direct);
    const all = tree.groups.get("all");
    const stages = once(() =>
      tree.rules.precedence.map((entry) => stageOf(entry, all === undefined ? [] : [all], groups)),
    );
    return {
      groups: direct,
      names: once(() => groups.map((group) => group.name).sort(compareText)),
      stages,
      vars: once(() => merge(stages())),
    };
  };
  const own = (host: HostNode): Stage[] => [
    [[host]],
    folders.map((folder) => folder.hosts(host.name)),
    play.map((folder) => folder.hosts(host.name)),
  ];
  const given = options.playFolderIsGiven === true ? play : [];
  const merger: Merger = {
    groupNames: (host) => family(host.groups).names(),
    parts(host) {
      const shared = family(host.groups).vars();
      // Mappings that are merged are no longer what other hosts have.
      if (hashBehaviour === "merge") return { shared: NOTHING, own: merge([...own(host), ...extra], shared) };
      let vars = overlay(undefined, host.vars);
      for (const { hosts } of places) for (const file of hosts(host.name)) vars = overlay(vars, file.vars);
      return { shared, own: hasExtra ? overlay(vars, extraVars) : vars };
    },
    ownVars: (host) => merge(own(host).slice(0, 2 + given.length)),
    groupVars: (group) => merge([[[group]], filesOfGroups(folders, [group]), filesOfGroups(given, [group])]),
    origin(host, name) {
      const layers = [...family(host.groups).stages(), ...own(host), ...extra].flat(2);
      const layer = layers.findLast(({ vars }) => Object.hasOwn(vars, name));
      if (layer === undefined) return undefined;
      return "shown" in layer ? layer.shown : originOf(layer, name);
    },
  };
  forShortRuns(family, merger.parts);
  return merger;
}

const NOTHING: Vars = {};

/** What hosts in exactly the same groups share. */
interface Family {
  /** Those that name the hosts directly. */
  readonly groups: readonly GroupNode[];
  readonly names: () => readonly string[];
  readonly stages: () => readonly Stage[];
  readonly vars: () => Vars;
}

function isSame(some: readonly GroupNode[], others: readonly GroupNode[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

/** Sorts groups and all groups above them but `all` into the order in which their vars are merged. */
function createSort(): (direct: readonly GroupNode[]) => readonly GroupNode[] {
  const depths = new Map<GroupNode, number>();
  const above = new Map<GroupNode, readonly GroupNode[]>();
  const withAncestors = (group: GroupNode): readonly GroupNode[] => {
    const found = above.get(group) ?? [group, ...ancestors(group)].filter(({ name }) => name !== "all");
    above.set(group, found);
    return found;
  };
  const isBefore = (a: GroupNode, b: GroupNode) =>
    depthOf(a, depths) - depthOf(b, depths) || a.priority - b.priority || compareText(a.name, b.name);
  forShortRuns(isBefore);
  return (direct) => {
    const members = new Set<GroupNode>();
    for (const group of direct) for (const each of withAncestors(group)) members.add(each);
    return [...members].sort(isBefore);
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

/** Hosts of `group` and of all groups below it, nearest groups first. */
export function hostsBelow(group: GroupNode): readonly HostNode[] {
  const seen = new Set<GroupNode>([group]);
  const hosts = new Set<HostNode>();
  for (const each of seen) {
    for (const host of each.hosts) hosts.add(host);
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
