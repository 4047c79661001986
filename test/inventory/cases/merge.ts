// hash_behaviour, precedence.
import type { Case } from "../commands.ts";

const LEVELS = {
  "inv/hosts":
    "[web]\nh1 m=\"{'host': 1, 'x': 'host'}\"\n[eu]\nh1\n[top:children]\nweb\n[all:vars]\nm={'all': 1, 'x': 'all', 'deep': {'a': 1, 'l': [1]}}\n[web:vars]\nm={'web': 1, 'x': 'web', 'deep': {'b': 2, 'l': [2]}}\nt={'a': 1}\n[top:vars]\nm={'top': 1, 'deep': 'flat'}\nt=5\n[eu:vars]\nm={'eu': 1, 'deep': {'c': 3}}\nt={'b': 2}\n",
  "inv/group_vars/all.yml": "m: {gv_all: 1, x: gv_all, 80: a}\n",
  "inv/group_vars/web.yml": "m: {gv_web: 1, 80: b}\nt: {c: 3}\n",
  "inv/host_vars/h1.yml": "m: {hv: 1, deep: {d: 4}}\n",
  "group_vars/all.yml": "m: {play_all: 1, x: play_all}\n",
  "host_vars/h1.yml": "m: {play_host: 1}\n",
};
const merge = (
  name: string,
  config: string,
  args: readonly string[] = [],
  env?: Record<string, string>,
): Case => ({
  name: `merge: ${name}`,
  files: { ...LEVELS, "ansible.cfg": config },
  args: ["-i", "inv", ...args],
  ...(env && { env }),
});

export const MERGE_CASES: readonly Case[] = [
  merge("replace", "[defaults]\nhash_behaviour = replace\n"),
  merge("merge", "[defaults]\nhash_behaviour = merge\n"),
  merge("merge, exported", "[defaults]\nhash_behaviour = merge\n", ["--export"]),
  merge("merge, as a graph", "[defaults]\nhash_behaviour = merge\n", ["--graph", "--vars"]),
  merge("merge, from the environment", "[defaults]\nhash_behaviour = replace\n", [], {
    ANSIBLE_HASH_BEHAVIOUR: "merge",
  }),
  merge("merge, with extra vars", "[defaults]\nhash_behaviour=merge\n", [
    "-e",
    '{"m": {"extra": 1, "x": "extra"}}',
  ]),
  merge(
    "precedence",
    "[defaults]\nprecedence = groups_plugins_inventory, all_plugins_inventory, groups_inventory, all_inventory\n",
  ),
  merge("precedence that names less", "[defaults]\nprecedence = all_inventory, groups_plugins_inventory\n"),
  merge(
    "precedence with an unknown entry",
    "[defaults]\nprecedence = all_inventory, nonsense, groups_inventory\n",
  ),
  merge(
    "precedence and merge",
    "[defaults]\nhash_behaviour = merge\nprecedence = groups_plugins_play, groups_plugins_inventory, all_plugins_inventory, all_plugins_play, groups_inventory, all_inventory\n",
  ),
];
