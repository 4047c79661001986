// More of ansible.cfg and ANSIBLE_*: where it is looked for, lists of paths, vars plugins, precedence, flags.
import type { Case } from "../commands.ts";
import { config, FOLDER, LIST } from "./config.ts";

export const SETTING_CASES: readonly Case[] = [
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
