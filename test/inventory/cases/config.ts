// ansible.cfg and ANSIBLE_*.
import type { Case } from "../commands.ts";

const HOSTS = { hosts: "[web]\nh1 a=1\n[db]\nh2\n", other: "[other]\no1\n" };
export const config = (
  name: string,
  text: string | undefined,
  args: readonly string[],
  more: Partial<Case> = {},
): Case => ({
  name: `config: ${name}`,
  args,
  ...more,
  files: { ...HOSTS, ...(text === undefined ? {} : { "ansible.cfg": text }), ...more.files },
});
export const LIST = ["-i", "hosts"] as const;
export const FOLDER = {
  "inv/a": "[web]\nh1\n",
  "inv/b.ini": "[ini]\nh2\n",
  "inv/c.skip": "[skip]\nh3\n",
  "inv/d.cfg": "[cfg]\nh4\n",
  "inv/README.md": "x y\n",
};

export const CONFIG_CASES: readonly Case[] = [
  config("the inventory", "[defaults]\ninventory = hosts\n", []),
  config("several inventories", "[defaults]\ninventory = hosts,other\n", []),
  config("an inventory in another folder", "[defaults]\ninventory = ./sub/hosts ; comment\n", [], {
    files: { "sub/hosts": "[sub]\ns1\n" },
  }),
  config("the environment's inventory wins", "[defaults]\ninventory = hosts\n", [], {
    env: { ANSIBLE_INVENTORY: "other" },
  }),
  config("-i wins", "[defaults]\ninventory = hosts\n", ["-i", "other"]),
  config("an ansible.cfg that is named", undefined, [], {
    files: { "etc/my.cfg": "[defaults]\ninventory = my\n", "etc/my": "[my]\nm1\n" },
    env: { ANSIBLE_CONFIG: "etc/my.cfg" },
  }),
  config("an ansible.cfg whose folder is named", undefined, [], {
    files: { "etc/ansible.cfg": "[defaults]\ninventory = my\n", "etc/my": "[my]\nm1\n" },
    env: { ANSIBLE_CONFIG: "etc" },
  }),
  config(
    "keys in capitals, colons, comments, values over lines",
    "# x\n[defaults]\n; y\nINVENTORY: hosts,\n  other\n",
    [],
  ),
  config("what ignores files", "[defaults]\ninventory_ignore_extensions = .skip, .md\n", ["-i", "inv"], {
    files: FOLDER,
  }),
  config(
    "what ignores files, in [inventory]",
    "[inventory]\nignore_extensions = .skip, .md\nignore_patterns = ^d, b\\.i\n",
    ["-i", "inv"],
    { files: FOLDER },
  ),
  config("what ignores files, in the environment", undefined, ["-i", "inv"], {
    files: FOLDER,
    env: { ANSIBLE_INVENTORY_IGNORE: ".ini,.md", ANSIBLE_INVENTORY_IGNORE_REGEX: "skip$" },
  }),
  config("enabled plugins: only yaml", "[inventory]\nenable_plugins = yaml\n", [...LIST, "-i", "y.yml"], {
    files: { "y.yml": "y:\n  hosts: {y1: }\n" },
  }),
  config("enabled plugins: no host_list", "[inventory]\nenable_plugins = ini\n", ["-i", "a,b", ...LIST]),
  config("enabled plugins: ini before yaml", undefined, ["-i", "y.yml"], {
    files: { "y.yml": "y:\n" },
    env: { ANSIBLE_INVENTORY_ENABLED: "ini,yaml" },
  }),
  config(
    "enabled plugins: full names",
    "[inventory]\nenable_plugins = ansible.builtin.ini, ansible.builtin.host_list\n",
    [...LIST, "-i", "a,"],
  ),
  config("enabled plugins: advanced_host_list", "[inventory]\nenable_plugins = advanced_host_list\n", [
    "-i",
    "web[1:3],b:22,",
  ]),
  config("nothing parsed is a failure", "[inventory]\nunparsed_is_failed = yes\n", ["-i", "nope"]),
  config("nothing parsed is a failure, environment", undefined, ["-i", "nope"], {
    env: { ANSIBLE_INVENTORY_UNPARSED_FAILED: "1" },
  }),
  config("nothing parsed is a failure, but something was", "[inventory]\nunparsed_is_failed = yes\n", [
    "-i",
    "nope",
    ...LIST,
  ]),
  config("one not parsed is a failure", "[inventory]\nany_unparsed_is_failed = true\n", [
    ...LIST,
    "-i",
    "nope",
  ]),
  config("one not parsed is a failure, environment", undefined, ["-i", "bad.yml", ...LIST], {
    files: { "bad.yml": "a: [\n" },
    env: { ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: "yes" },
  }),
  config("one in a folder not parsed is a failure", undefined, ["-i", "inv"], {
    files: { "inv/a": "[web]\nh1\n", "inv/b.yml": "a: [\n" },
    env: { ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: "yes" },
  }),
  config("flags in words", undefined, ["-i", "nope"], {
    env: { ANSIBLE_INVENTORY_UNPARSED_FAILED: "maybe" },
  }),
  config("YAML endings", "[defaults]\nyaml_valid_extensions = .inv\n", ["-i", "y.inv"], {
    files: { "y.inv": "y:\n  hosts: {y1: }\n", "group_vars/y.inv": "a: 1\n", "group_vars/all.yml": "b: 1\n" },
  }),
  config(
    "names of groups are replaced",
    "[defaults]\nforce_valid_group_names = always\n",
    ["-i", "y.yml", "-i", "i"],
    {
      files: {
        "y.yml": "web-1:\n  hosts: {h: }\n  children: {a.b: {hosts: {i: }}, 3rd: }\n",
        i: "[x-y]\nj\n[x-y:vars]\nv=1\n",
      },
    },
  ),
  config("names of groups are replaced silently", undefined, ["-i", "y.yml", "--graph"], {
    files: { "y.yml": "web-1:\n  hosts: {h: }\n" },
    env: { ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS: "silently" },
  }),
  config(
    "duplicate keys are an error",
    "[defaults]\nduplicate_dict_key = error\n",
    ["-i", "y.yml", ...LIST],
    { files: { "y.yml": "y:\n  hosts: {y1: {a: 1, a: 2}}\n" } },
  ),
  config("duplicate keys are ignored", undefined, ["-i", "y.yml"], {
    files: { "y.yml": "y:\n  hosts: {y1: {a: 1, a: 2}}\n" },
    env: { ANSIBLE_DUPLICATE_YAML_DICT_KEY: "ignore" },
  }),
  config("a pattern that matches nothing is an error", "[inventory]\nhost_pattern_mismatch = error\n", [
    ...LIST,
    "--host",
    "nope",
  ]),
  config("export", "[inventory]\nexport = yes\n", LIST),
  config("the playbook's folder", "[defaults]\nplaybook_dir = play\n", LIST, {
    files: { "play/group_vars/web.yml": "p: 1\n" },
  }),
  config("the playbook's folder, environment", undefined, [...LIST, "--export"], {
    files: { "play/group_vars/web.yml": "p: 1\n" },
    env: { ANSIBLE_PLAYBOOK_DIR: "play" },
  }),
  config("a section twice", "[defaults]\ninventory = hosts\n[defaults]\nforks = 3\n", []),
  config("no section", "inventory = hosts\n", []),
];
