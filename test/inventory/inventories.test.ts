// Whole inventories, against the output of `ansible-inventory --list`, byte for byte.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { type LoadOptions, loadInventory } from "../../lib/inventory/load.ts";
import { graphText, hostJson, listJson } from "../../lib/inventory/print.ts";
import { ANSIBLE_TIMEOUT_MS, ansibleInventory, folderOf, oracle, run } from "./ansible.ts";

const INI = `
# hosts before any section are ungrouped
bare.example.net
lone:2222 ansible_user="two words" # comment
; another comment

[web]
web[01:03].example.net http_port=8080 tags="['a', 'b']" ratio=1.0 big=12345678901234567890
web03.example.net extra=yes
10.0.0.[1:2]:2200 mode=0755 flag=True none=None
[::1]:22
cut=off#half

[web:vars]
list=['x', {'y': 1}]
text = some words   # stay
number=5 # five
quoted='a b'
later={{ http_port }}
ansible_group_priority=10

[db]
db-[a:c]
web01.example.net

[all:vars]
everywhere=1

[site:children]
web
cache
[cache]
[site:vars]
level=site
number=7
[dc:children]
site
db
`;

const YAML = `
all:
  vars:
    a: yes
    f: 2.0
  hosts:
    top1:
    top2: {x: 1}
  children:
    web:
      hosts:
        "10":
        web[1:2].example.net:
          mode: 0755
          when: 2020-01-02
          at: 2020-01-02 03:04:05
          secret: !unsafe "{{ raw }}"
          locked: !vault |
            $ANSIBLE_VAULT;1.1;AES256
            3031
      vars: &common
        list: [1, two, {three: 3.0}]
        empty:
        ansible_group_priority: 5
    db:
      hosts: dbserver
      vars:
        <<: *common
        list: []
      children:
        replicas:
          hosts:
            r[a:b]:5432:
    empty:
outside:
  hosts:
    web1.example.net:
      unicode: "žluť – ✓ 🚀"
      escape: "a\\tb\\"c\\\\"
      big: 123456789012345678901234567890
  children:
    empty:
`;

const TOML = `
[all.vars]
everywhere = true
[web]
children = ["canary", "stable"]
vars = { http_port = 8080, name = "x" }
[canary.hosts]
web1 = {}
web2 = { ansible_port = 222, list = [1, 2] }
[stable.hosts."web[3:4]"]
a = "b"
[g.vars]
has_java = false
`;

const JSON_FILE = JSON.stringify({
  web: { hosts: { j1: { n: 1, s: "0755", t: true, z: null } }, vars: { nested: { a: [1.5] } } },
});

const SCRIPT = `#!/bin/sh
if [ "$1" = --list ]; then cat <<'END'
{"web": {"hosts": ["s1", "s2"], "vars": {"v": 1.0}, "children": ["sub"]}, "sub": ["s3"], "plain": {"x": "y"},
 "_meta": {"hostvars": {"s1": {"h": [1, {"__ansible_unsafe": "{{ no }}"}]}, "unknown": {"a": 1}}}}
END
fi
`;

const ASKED = `#!/bin/sh
case "$1" in
  --list) echo '{"asked": ["q1", "q2"]}' ;;
  --host) echo "{\\"me\\": \\"$2\\"}" ;;
esac
`;

const FOLDER = {
  "folder/01-hosts.ini": "ignored: .ini files in folders are\n",
  "folder/02-hosts": "[web]\nw1 at=ini\nw2\n[web:vars]\np=1\n",
  "folder/03-more.yml": "web:\n  hosts:\n    w3: {at: yaml}\n    w1: {both: 1}\n",
  "folder/10-gen.json": JSON_FILE,
  "folder/nested/hosts": "[deep]\nn1\n[web]\nn2\n",
  "folder/.hidden": "[hidden]\nnot\n",
  "folder/hosts~": "[backup]\nnot\n",
  "folder/README.md": "# not an inventory\n",
  "folder/group_vars/web.yml": "from: group_vars\nrelease: 1.0\n",
  "folder/group_vars/all/10-a.yml": "one: a\ntwo: a\n",
  "folder/group_vars/all/20-b.json": '{"two": "b"}',
  "folder/group_vars/all/deeper/c": "three: c\n",
  "folder/group_vars/all/skipped.txt": "four: d\n",
  "folder/group_vars/all/.hidden.yml": "five: e\n",
  "folder/group_vars/all/dotted.d/x.yml": "six: f\n",
  "folder/group_vars/deep": "no_ending: true\n",
  "folder/group_vars/nobody.yml": "x: 1\n",
  "folder/host_vars/w1.yaml": "from: host_vars\nat: host_vars\n",
  "folder/host_vars/w2/a.yml": "from: dir\n",
  "folder/host_vars/w2.yml": "from: file beside dir is not read\n",
  "folder/host_vars/n1.yml": "",
};

const LEVELS = {
  "levels/hosts": `
[web]
h1
[eu]
h1
[top:children]
web
[zeta]
h1
[alpha]
h1
[strong]
h1
[strong:vars]
ansible_group_priority=50
by=strong
x=strong
[top:vars]
by=top
d=top
[web:vars]
d=web
by=web
[zeta:vars]
by=zeta
x=zeta
[alpha:vars]
by=alpha
x=alpha
[all:vars]
by=all
d=all
inl=all
[eu:vars]
g=inline
`,
  "levels/group_vars/all.yml": "d: gv-all\ng: gv-all\n",
  "levels/group_vars/top.yml": "t: gv-top\n",
  "levels/group_vars/alpha.yml": "t: gv-alpha\nx: gv-alpha\n",
  "levels/group_vars/web.yml": "t: gv-web\n",
  "second/hosts": "[eu]\nh2\n[later]\nh1 own=second\n",
  "second/group_vars/all.yml": "t: second-all\nonly: second\n",
  "second/host_vars/h1.yml": "own: second-file\n",
};

const FILES = {
  "ini/hosts": INI,
  "yaml/hosts.yml": YAML,
  "toml/hosts.toml": TOML,
  "json/hosts.json": JSON_FILE,
  "script/inventory.sh*": SCRIPT,
  "asked/inventory.sh*": ASKED,
  "executable/hosts.yml*": "web:\n  hosts:\n    x1:\n",
  "ini-named-yml/hosts.yml": "[web]\nh1 a=1\n",
  ...FOLDER,
  ...LEVELS,
};

const CASES: readonly [name: string, sources: readonly string[], options?: LoadOptions][] = [
  ["INI", ["ini/hosts"]],
  ["YAML", ["yaml/hosts.yml"]],
  ["TOML", ["toml/hosts.toml"]],
  ["a folder with vars files", ["folder"]],
  [
    "who wins, with two folders and extra vars",
    ["levels", "second"],
    { extraVars: { extra: "yes", d: "extra" } },
  ],
  ["the same the other way round, one by its file", ["second/hosts", "levels"]],
  [
    "many sources",
    [
      "json/hosts.json",
      "script/inventory.sh",
      "asked/inventory.sh",
      "executable/hosts.yml",
      "ini-named-yml/hosts.yml",
      "web1,web[1:2],10.0.0.1:22,",
      "ini",
    ],
  ],
];

/** Output of `ansible-inventory ARGS` in `folder`, for each of `cases`. */
async function ansibleSays(folder: string, cases: readonly (readonly string[])[]): Promise<string[]> {
  const [answers = []] = await oracle({ ask: "command_line", cwd: folder, cases });
  return answers.map((answer) => String(answer.value ?? answer.error));
}

test(
  "--list and --graph print what ansible-inventory prints",
  async () => {
    await using folder = await folderOf(FILES);
    const inputs = CASES.map(([name, sources, options = {}]) => {
      const args = sources.flatMap((source) => ["-i", source]);
      for (const [key, value] of Object.entries(options.extraVars ?? {})) args.push("-e", `${key}=${value}`);
      return { name, sources, options, args };
    });
    const says = await ansibleSays(
      folder.path,
      inputs.flatMap(({ args }) => [
        [...args, "--list"],
        [...args, "--graph"],
      ]),
    );
    for (const [index, { name, sources, options }] of inputs.entries()) {
      const paths = sources.map((source) => (source.includes(",") ? source : join(folder.path, source)));
      const [list = "", graph = ""] = says.slice(index * 2, index * 2 + 2);
      const inventory = await loadInventory(paths, options);
      expect(JSON.parse(listJson(inventory)), name).toEqual(JSON.parse(list)); // differs readably
      expect(listJson(inventory), name).toBe(list);
      expect(graphText(inventory), name).toBe(graph);
    }
  },
  ANSIBLE_TIMEOUT_MS,
);

test(
  "--graph --vars and --host, with values as Python prints them",
  async () => {
    const text = YAML.replace(/ *locked[\s\S]*?3031\n/, "").replace(/ *when:.*\n *at:.*\n/, "");
    await using folder = await folderOf({ "hosts.yml": text });
    const inventory = await loadInventory([join(folder.path, "hosts.yml")]);
    const cases = [
      ["--graph", "--vars"],
      ["--graph", "db"],
      ["--host", "web1.example.net"],
      ["--host", "10"],
    ];
    const says = await ansibleSays(
      folder.path,
      cases.map((args) => ["-i", "hosts.yml", ...args]),
    );
    expect(graphText(inventory, { vars: true })).toBe(says[0] ?? "");
    expect(graphText(inventory, { group: "db" })).toBe(says[1] ?? "");
    expect(hostJson(inventory, "web1.example.net")).toBe(says[2] ?? "");
    expect(hostJson(inventory, "10")).toBe(says[3] ?? "");
  },
  ANSIBLE_TIMEOUT_MS,
);

test(
  "the example inventory means the same to Ansible",
  async () => {
    const root = join(import.meta.dir, "../..");
    const inventory = await loadInventory([join(root, "inventories/example")]);
    expect(listJson(inventory)).toBe(await ansibleInventory(["-i", "inventories/example", "--list"], root));
    expect(inventory.warnings).toEqual([]);
  },
  ANSIBLE_TIMEOUT_MS,
);

test("--limit keeps the hosts that match", async () => {
  await using folder = await folderOf({ hosts: INI });
  const inventory = await loadInventory([join(folder.path, "hosts")]);
  const shown = JSON.parse(listJson(inventory, { limit: "db:!db-c" })) as {
    db: { hosts: string[] };
    _meta: { hostvars: object };
  };
  expect(shown.db.hosts).toEqual(["db-a", "db-b", "web01.example.net"]);
  expect(Object.keys(shown._meta.hostvars)).toEqual(["db-a", "db-b", "web01.example.net"]);
});

test(
  "scripts/inventory.ts takes ansible-inventory's arguments and prints the same",
  async () => {
    const root = join(import.meta.dir, "../..");
    const cases = [
      ["-i", "inventories/example", "--graph", "--vars"],
      ["-i", "inventories/example", "-i", "web9,", "-e", "colour=blue", "--list"],
      ["-i", "inventories/example", "--host", "web03.example.net"],
    ];
    const says = await ansibleSays(root, cases);
    const ours = cases.map((args) => run([process.execPath, "scripts/inventory.ts", ...args], { cwd: root }));
    expect((await Promise.all(ours)).map(({ stdout }) => stdout.trimEnd())).toEqual(says);
    const unknown = await run([process.execPath, "scripts/inventory.ts", "exmple"], { cwd: root });
    expect([unknown.code, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain("there is no inventory 'exmple' in inventories/");
  },
  ANSIBLE_TIMEOUT_MS,
);
