// ansible.cfg and ANSIBLE_*.
import type { Case } from "../commands.ts";

const HOSTS = { hosts: "[web]\nh1 a=1\n[db]\nh2\n", other: "[other]\no1\n" };
const config = (
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
const LIST = ["-i", "hosts"] as const;
const FOLDER = {
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
  // where ansible.cfg is looked for
  config("~/.ansible.cfg", undefined, ["--graph"], {
    files: { "home/.ansible.cfg": "[defaults]\ninventory = mine\n", "home/mine": "[mine]\nm1\n" },
    env: { HOME: "home", ANSIBLE_HOME: "home/.ansible" },
  }),
  config("an ANSIBLE_CONFIG that isn't there", "[defaults]\ninventory = hosts\n", ["--graph"], {
    env: { ANSIBLE_CONFIG: "nowhere.cfg" },
  }),
  config("an empty ANSIBLE_CONFIG", "[defaults]\ninventory = hosts\n", ["--graph"], {
    env: { ANSIBLE_CONFIG: "" },
  }),
  config("an ANSIBLE_CONFIG with another ending", undefined, ["-i", "hosts", "--graph"], {
    files: { "ansible.conf": "[defaults]\ninventory = other\n" },
    env: { ANSIBLE_CONFIG: "ansible.conf" },
  }),
  config("~ and variables in ANSIBLE_CONFIG", undefined, ["--graph"], {
    files: { "etc/a.cfg": "[defaults]\ninventory = $WHERE/my\n", "etc/sub/my": "[my]\nm1\n" },
    env: { PLACE: "etc", WHERE: "sub", ANSIBLE_CONFIG: "$PLACE/a.cfg" },
  }),
  config("a BOM and CRLF", "\ufeff[defaults]\r\ninventory = hosts\r\n", ["--graph"]),
  config("percent signs", "[defaults]\ninventory = hosts\nremote_user = %(x)s%\n", ["--graph"]),
  config("DEFAULT", "[DEFAULT]\ninventory = hosts\n[defaults]\n", ["--graph"]),
  config("quotes", `[defaults]\ninventory = "hosts"\n`, ["--graph"]),
  config("[defaults] is no other section", "[default]\ninventory = hosts\n", ["--graph"]),
  config("a key without a value", "[defaults]\ninventory\n", ["--graph"]),
  config("comments after #", "[defaults]\ninventory = hosts # not a comment\n", ["--graph"]),
  // lists of inventories
  config("a comma at the end, environment", undefined, ["--graph"], {
    files: { "inv/hosts": "[web]\nh1\n" },
    env: { ANSIBLE_INVENTORY: "hosts," },
  }),
  config("{{CWD}}", "[defaults]\ninventory = {{CWD}}/hosts\n", ["--graph"]),
  config("{{CWD}} elsewhere", undefined, ["--graph"], {
    files: { "etc/my.cfg": "[defaults]\ninventory = {{CWD}}/hosts\n" },
    env: { ANSIBLE_CONFIG: "etc/my.cfg" },
  }),
  config("~ in the inventory", "[defaults]\ninventory = ~/hosts\n", ["--graph"], {
    files: { "home/hosts": "[home]\nh1\n" },
    env: { HOME: "home", ANSIBLE_HOME: "home/.ansible" },
  }),
  config("a folder", "[defaults]\ninventory = inv\n", ["--graph"], { files: FOLDER }),
  // vars plugins
  config("no vars plugin", "[defaults]\nvars_plugins_enabled =\n", LIST, {
    files: { "group_vars/web.yml": "v: 1\n", "host_vars/h1.yml": "w: 1\n" },
  }),
  config("vars plugins: another one", undefined, LIST, {
    files: { "group_vars/web.yml": "v: 1\n" },
    env: { ANSIBLE_VARS_ENABLED: "other.one" },
  }),
  config("vars plugins: the full name", undefined, LIST, {
    files: { "group_vars/web.yml": "v: 1\n" },
    env: { ANSIBLE_VARS_ENABLED: "ansible.builtin.host_group_vars" },
  }),
  ...["start", "demand"].map((when) =>
    config(`vars plugins at ${when}`, undefined, ["-i", "inv"], {
      files: {
        "inv/hosts": "[web]\nh1 a=host\n[web:vars]\na=group\nb=group\nc=group\n",
        "inv/group_vars/all.yml": "b: all\nd: {x: 1}\n",
        "inv/group_vars/web.yml": "c: web\nd: {y: 1}\n",
        "inv/host_vars/h1.yml": "a: file\nd: {z: 1}\n",
      },
      env: { ANSIBLE_RUN_VARS_PLUGINS: when, ANSIBLE_HASH_BEHAVIOUR: "merge" },
    }),
  ),
  ...[
    "all_inventory,groups_inventory",
    "groups_plugins_inventory,groups_inventory,all_plugins_inventory,all_inventory",
    "all_plugins_inventory,all_inventory,groups_inventory,groups_plugins_inventory",
  ].flatMap((order) =>
    ["replace", "merge"].map((behaviour) =>
      config(`precedence ${order}, ${behaviour}`, undefined, ["-i", "inv"], {
        files: {
          "inv/hosts":
            "[all:vars]\na=all\nb=all\nc=all\nd={'p': 1}\n[web]\nh1\n[web:vars]\na=web\nd={'q': 1}\n",
          "inv/group_vars/all.yml": "a: all file\nb: all file\nd: {x: 1}\n",
          "inv/group_vars/web.yml": "a: web file\nc: web file\nd: {y: 1}\n",
        },
        env: { ANSIBLE_PRECEDENCE: order, ANSIBLE_HASH_BEHAVIOUR: behaviour },
      }),
    ),
  ),
  config("endings without a dot", undefined, ["-i", "inv"], {
    files: { "inv/a": "[web]\nh1\n", "inv/b.json": `{"j": {"hosts": {"j1": null}}}`, "inv/c.jsonx": "x\n" },
    env: { ANSIBLE_YAML_FILENAME_EXT: ".json,.yml" },
  }),
  config("an inventory plugin enabled by name", undefined, ["-i", "hosts", "-i", "c.yml"], {
    files: { "c.yml": "plugin: constructed\nstrict: false\ngroups: {one: inventory_hostname == 'h1'}\n" },
    env: { ANSIBLE_INVENTORY_ENABLED: "ini,constructed" },
  }),
  config("an inventory plugin that isn't enabled", undefined, ["-i", "hosts", "-i", "c.yml"], {
    files: { "c.yml": "plugin: constructed\nstrict: false\ngroups: {one: inventory_hostname == 'h1'}\n" },
    env: { ANSIBLE_INVENTORY_ENABLED: "ini,yaml" },
  }),
  config("no toml", undefined, ["-i", "t.toml"], {
    files: { "t.toml": "[web.hosts.h1]\n" },
    env: { ANSIBLE_INVENTORY_ENABLED: "yaml,ini" },
  }),
  config("an unknown plugin is enabled", undefined, LIST, { env: { ANSIBLE_INVENTORY_ENABLED: "nope,ini" } }),
  ...["yes", "no", "1", "0", "True", "off", ""].map((flag) =>
    config(`unparsed is failed: '${flag}'`, undefined, ["-i", "nope", "--graph"], {
      env: { ANSIBLE_INVENTORY_UNPARSED_FAILED: flag },
    }),
  ),
  config("a bad choice", "[defaults]\nhash_behaviour = mix\n", LIST),
  config("a bad number", "[defaults]\nforks = many\n", LIST),
  config(
    "settings of no meaning here",
    "[defaults]\nfact_caching = jsonfile\ngathering = smart\n[nope]\nx = 1\n",
    LIST,
  ),
  config("vault ids", "[defaults]\nvault_identity_list = one@pass, two@nope\n", LIST, {
    files: { pass: "pw\n" },
  }),
  config("a vault password file that isn't there", "[defaults]\nvault_password_file = nope\n", LIST),
  config("verbose, but not on stdout", undefined, [...LIST, "-vvv"], {
    env: { ANSIBLE_VERBOSE_TO_STDERR: "1" },
  }),
];
