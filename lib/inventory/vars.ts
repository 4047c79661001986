// Who wins: a host's vars merged from groups, vars files, the host itself and extra vars, in Ansible's order.

import { combine } from "./combine.ts";
import { compareText } from "./python-text.ts";
import { shortName } from "./range.ts";
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

export interface Merger {
  /** Names of the groups `host` is in, sorted, without `all`. */
  groupNames(host: HostNode): readonly string[];
  vars(host: HostNode): Vars;
  /** Vars of the host itself, inline and from files. */
  ownVars(host: HostNode): Vars;
  /** What the host has before its own vars come in: for a host that no source names, `all`'s. */
  allVars(): Vars;
  /** Vars of the group itself, inline and from files. */
  groupVars(group: GroupNode): Vars;
  origin(host: HostNode, name: string): string | undefined;
}

/** Vars with where they come from. */
interface Layer {
  readonly vars: () => Vars;
  readonly origin: (name: string) => string | undefined;
}
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
  const depths = new Map<GroupNode, number>();
  const families = new Map<string, Family>();
  const numbers = new Map([...tree.groups.values()].map((group, index) => [group, index]));
  const play = playFolder === undefined ? [] : [playFolder];
  const extra: Stage =
    Object.keys(extraVars).length === 0 ? [] : [[{ vars: () => extraVars, origin: () => "-e" }]];

  const merge = (stages: readonly Stage[], start: Vars = {}): Vars => {
    if (hashBehaviour === "replace") {
      // One copy instead of one for each layer.
      return Object.assign({}, start, ...stages.flat(2).map((layer) => layer.vars()));
    }
    let merged: Vars | undefined;
    const over = (under: Vars | undefined, vars: Vars) =>
      under === undefined ? vars : combine(under, vars, hashBehaviour);
    for (const stage of stages) {
      let ofStage: Vars | undefined;
      for (const folder of stage) {
        let ofFolder: Vars | undefined;
        for (const layer of folder) ofFolder = over(ofFolder, layer.vars());
        if (ofFolder !== undefined) ofStage = over(ofStage, ofFolder);
      }
      if (ofStage !== undefined) merged = over(merged ?? start, ofStage);
    }
    return merged ?? start;
  };
  const filesOfGroups = (from: readonly VarsFolder[], groups: readonly GroupNode[]): Stage =>
    from.map((folder) => groups.flatMap((group) => filesOf(folder.groups, group.name)));

  const stageOf = (entry: string, all: readonly GroupNode[], groups: readonly GroupNode[]): Stage => {
    const of = entry.startsWith("all_") ? all : groups;
    if (entry === "all_inventory" || entry === "groups_inventory") return [of.map(inline)];
    if (entry === "all_plugins_inventory" || entry === "groups_plugins_inventory")
      return filesOfGroups(folders, of);
    if (entry === "all_plugins_play" || entry === "groups_plugins_play") return filesOfGroups(play, of);
    const warning = `precedence: there is no entry '${entry}', so it is passed over`;
    if (!tree.warnings.includes(warning)) tree.warnings.push(warning);
    return [];
  };

  const family = (direct: ReadonlySet<GroupNode>): Family => {
    let key = "";
    for (const group of direct) key += `${numbers.get(group)} `;
    let found = families.get(key);
    if (found === undefined) {
      const groups = sortGroups(direct, depths);
      const all = [...(tree.groups.get("all") === undefined ? [] : [tree.groups.get("all") as GroupNode])];
      const stages = tree.rules.precedence.map((entry) => stageOf(entry, all, groups));
      let vars: Vars | undefined;
      found = {
        names: groups.map((group) => group.name).sort(compareText),
        stages,
        vars: () => {
          vars ??= merge(stages);
          return vars;
        },
      };
      families.set(key, found);
    }
    return found;
  };
  const own = (host: HostNode): Stage[] => [
    [[inline(host)]],
    folders.map((folder) => filesOf(folder.hosts, host.name)),
    play.flatMap((folder) => [filesOf(folder.hosts, host.name)]),
  ];
  const given = options.playFolderIsGiven === true ? play : [];
  return {
    groupNames: (host) => family(host.groups).names,
    vars: (host) => merge([...own(host), extra], family(host.groups).vars()),
    ownVars: (host) => merge(own(host).slice(0, 2 + given.length)),
    allVars: () => merge([extra], family(new Set()).vars()),
    groupVars: (group) =>
      merge([[[inline(group)]], filesOfGroups(folders, [group]), filesOfGroups(given, [group])]),
    origin(host, name) {
      const layers = [...family(host.groups).stages, ...own(host), extra].flat(2);
      return layers.findLast((layer) => Object.hasOwn(layer.vars(), name))?.origin(name);
    },
  };
}

/** What hosts in exactly the same groups share. */
interface Family {
  readonly names: readonly string[];
  readonly stages: readonly Stage[];
  readonly vars: () => Vars;
}

/** `direct` and all groups above them but `all`, in the order in which their vars are merged. */
function sortGroups(direct: ReadonlySet<GroupNode>, depths: Map<GroupNode, number>): readonly GroupNode[] {
  const members = new Set(direct);
  for (const group of direct) for (const above of ancestors(group)) members.add(above);
  return [...members]
    .filter((group) => group.name !== "all")
    .sort(
      (a, b) =>
        depthOf(a, depths) - depthOf(b, depths) || a.priority - b.priority || compareText(a.name, b.name),
    );
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
  return { vars: () => entity.vars, origin: (name) => originOf(entity, name) };
}

function filesOf(files: VarsFiles, name: string): Layer[] {
  return (files.get(name) ?? []).map((file: VarsFile) => ({
    vars: () => file.vars(),
    origin: () => file.shown,
  }));
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
