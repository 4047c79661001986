// Command lines of ansible-inventory: what it takes, and what it refuses.

/** A folder to run them in. */
export const FILES: Readonly<Record<string, string>> = {
  hosts: `lone ansible_port=2222
[web]
web[1:3] a=[1,2] s="two words"
[db]
db1 d="{'k': 'v'}"
[db:vars]
shared=[1,{'x': None}]
[prod:children]
web
db
[prod:vars]
ansible_group_priority=5
p=yes
`,
  "group_vars/all.yml": `
list: &list [one, {two: 2}]
again: *list
empty: {map: {}, list: [], text: ''}
when: 2001-12-14t21:59:43.10-05:00
day: 2001-12-14
float: [1.0, 1.5, 1e+20, .inf, .nan, 1.0e-7]
texts: [yes, 'yes', '1', '1.0', '~', null, '=', '<<', '2001-01-01', 'a: b', 'a #b', '- a', '#a', ' a', 'a ', "it's", '"q"', 'ü', '😀', "tab\\t", "nul\\0", "back\\\\slash", '0o7', '0x1F', '1_000', '1:30', 'null', 'Off', '!a', '&a', '*a', '%a', '@a', '\`a', '{a', '[a', ',a', '?a', '? a', ':a', 'a:', '-', '---', '--- a', '...', '', '>a', '|a', '. a']
lines: "one\\ntwo\\n"
folded: "a b\\n  c\\n\\n d"
long: Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua
quotedlong: "it's: Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor  incididunt ut labore et dolore"
doublelong: "tab\\t Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor  incididunt ut labore et dolore"
nested: [[1, [2, 3]], [], {a: [{b: 1, c: [x]}], d: {e: {f: g}}}]
unsafe: !unsafe '{{ not rendered }}'
keys: {1: one, 2.5: float, -3: minus}
bools: {true: yes}
mixed: {a: {b: c}, 'x y': 1, 'q:': 2, '': 3, '8': 4}
jinja: "{{ a }} and {% if b %}c{% endif %}"
`,
  "host_vars/web1.yml": `own: 1\nkey with a very long name that goes on and on and on until it is longer than a hundred and twenty eight characters, as few keys are: 1\n`,
  "group_vars/db.yml": "only: db\n",
  "plain/hosts": `[web]
web1 a=1 s="two 'words' \\"x\\"" n="null" f=1.0
web2 l=[1,'two',[3.5,True],(1,2)] d="{'k': {'j': [1]}, 'a b': 2}" t="[{'a': 1}, {'b': {'c': 2}}]"
[db]
web1
10.0.0.1
[both:children]
web
db
[none]
[both:vars]
x=e+20
[top:children]
both
`,
  "plain/host_vars/web1.yml":
    "when: 2001-12-14t21:59:43.10-05:00\nutc: 2001-12-14t21:59:43Z\nday: 2001-12-14\nbig: 1e+20\nsmall: 1.0e-7\nnothing: ~\nlist: [null, 1.0, .inf, .nan, a\"b, \"c\\x01d\", 'e\\x02', \"\\u200b\", ü]\n'key.x': 1\n'ä': 2\nu: !unsafe '{{ x }}'\nempty: {}\nnone: []\ntables: [{a: {b: {c: 1}}, d: [{e: 1}]}, {}]\n",
  "odd/hosts": "h1\n",
  "odd/host_vars/h1.yml": "m: {8080: http, a: 1}\n",
  "mixed/hosts.yml": "all:\n  hosts:\n    h1:\n      l: [a, {b: 1}]\n",
  "numbers/hosts.yml":
    "web:\n  hosts:\n    h1: {8080: http, b: 1, 443: https, a: {z: 1, 2: 3}}\n    '10': {1: one}\n  vars: {z: 1, 7: x}\nall:\n  vars: {9: nine, 1: uno}\n",
  "numbers/group_vars/all.yml": "8080: other\n3: three\n",
  "other.yml": "extra:\n  children: {web: }\n  hosts: {e1: {m: {a: 1}}}\n  vars: {m: {b: 2}}\n",
  "vars.yml": "from_file: {a: 1, b: 2}\n",
  "bad.yml": "a: [\n",
  "list.yml": "- 1\n",
  "empty.yml": "",
  "play/group_vars/web.yml": "played: yes\n",
  "vault/hosts": "[v]\nh1\n",
  "vault/group_vars/v.yml": `secret: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  33363965326261303234336266633761303361303465633761653832303533633636353366363834
  3863643461633637386561643564333339376130383764340a613761323732646437653866396162
again: [1]
`,
  "conf/ansible.cfg": "[defaults]\ninventory = ../hosts\n",
  "merge.cfg": "[defaults]\nhash_behaviour = merge\n",
  web: "[fromfile]\nf1\n",
};

interface Line {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}
const line = (...args: string[]): Line => ({ args });
const on = (...args: string[]): Line => line("-i", "hosts", ...args);

export const LINES: readonly Line[] = [
  // actions
  on("--list"),
  on("--graph"),
  on("--host", "web1"),
  on("--host=db1"),
  on(),
  line(),
  on("--list", "--graph"),
  on("--list", "--host", "web1"),
  on("--graph", "--host", "web1"),
  on("--list", "--list"),
  on("--host"),
  on("--host", "--list"),
  on("--host", "web"),
  on("--host", "web1,web2"),
  on("--host", "web[0]"),
  on("--host", "web:&prod:!web2:!web3"),
  on("--host", "nope"),
  on("--host", "all"),
  on("--host", "w*1"),
  // the group
  on("--graph", "web"),
  on("web", "--graph"),
  on("--graph", "prod", "--vars"),
  on("--graph", "--vars"),
  on("--graph", "nope"),
  on("--graph", "web1"),
  on("--graph", "web:db"),
  on("--graph", "web", "db"),
  on("--graph", "--", "web"),
  on("--graph", "-1"),
  on("--graph", "all"),
  on("--graph", "ungrouped", "--vars"),
  on("--list", "web"),
  on("--list", "nope"),
  on("--host", "web1", "db"),
  on("--list", "--vars"),
  on("--graph", "--vars", "--export"),
  // formats
  on("--list", "--yaml"),
  on("--list", "-y"),
  on("--list", "-y", "--export"),
  { args: ["-i", "hosts", "-yv", "--list"], env: { ANSIBLE_VERBOSE_TO_STDERR: "1" } },
  on("--host", "web1", "-y"),
  on("--host", "lone", "--yaml"),
  on("--graph", "-y"),
  on("--list", "--toml"),
  on("--list", "--toml", "--export"),
  on("--host", "web1", "--toml"),
  on("--list", "--toml", "--yaml"),
  on("--graph", "--toml"),
  on("--list", "--export"),
  on("--host", "web1", "--export"),
  line("-i", "h1,", "--list", "-y"),
  line("-i", "h1,", "--host", "h1", "-y", "--playbook-dir", "play/group_vars"),
  line("-i", "other.yml", "-i", "hosts", "--list", "-y"),
  line("-i", "other.yml", "--list", "-y", "--export"),
  line("-i", "other.yml", "--list", "--toml"),
  line("-i", "vault/hosts", "--list", "-y"),
  line("-i", "vault/hosts", "--list"),
  line("-i", "nope", "--list", "-y"),
  ...["plain/hosts", "odd/hosts", "mixed/hosts.yml", "numbers/hosts.yml"].flatMap((path) => [
    line("-i", path, "--list", "--toml"),
    line("-i", path, "--list", "--toml", "--export"),
    line("-i", path, "--list", "--yaml"),
    line("-i", path, "--list", "--yaml", "--export"),
    line("-i", path, "--list"),
    line("-i", path, "--list", "--export"),
    line("-i", path, "--host", "h1"),
  ]),
  // --output
  on("--list", "--output", "/nowhere/out.json"),
  // ways to write flags
  on("--list", "--yam"),
  on("--li"),
  on("--gr"),
  on("--gr", "web", "--va"),
  on("--v", "--graph"),
  on("--expor", "--list"),
  on("--ho", "web1"),
  line("--inv", "hosts", "--list"),
  line("--inventory", "hosts", "--list"),
  line("--inventory=hosts", "--list"),
  line("--inventory-file", "hosts", "--list"),
  line("--inventory-f=hosts", "--list"),
  line("-ihosts", "--graph"),
  line("-i=hosts", "--graph"),
  line("-yihosts", "--list"),
  line("-ivhosts", "--graph"),
  line("-i", "--list"),
  line("-i"),
  on("--list", "--frob"),
  on("--list", "-z"),
  on("--list=yes"),
  on("-graph"),
  on("--list", "--extra", "x=1"),
  on("--list", "--playbook", "play"),
  on("--list", "--playbook-dir=play"),
  on("--list", "--playbook-dir", "nowhere"),
  on("--graph", "--output"),
  // sources
  line("-i", "hosts", "-i", "other.yml", "--list"),
  line("-i", "other.yml", "-i", "hosts", "--list"),
  line("-i", "hosts,", "--list"),
  line("-i", "a,b", "--graph"),
  line("-i", "nope", "--list"),
  line("-i", "nope", "--graph"),
  line("-i", "bad.yml", "-i", "hosts", "--graph"),
  line("-i", ",", "--graph"),
  line("-i", "hosts", "-i", "hosts", "--graph"),
  // several -e
  ...[
    ["x=1"],
    ["x=1 y='a b'", "x=2"],
    ["@vars.yml"],
    ["@vars.yml", '{"from_file": {"c": 3}}'],
    ['{"f": 1.0, "e": 1e3, "b": 1}'],
    ["{f: 1e3, y: yes}"],
    ["@nope.yml"],
    ["@"],
    ["@bad.yml"],
    ["@list.yml"],
    ["@empty.yml"],
    ["[1]"],
    ["{a"],
    ["a='open"],
    ["a={{ open"],
    ["word"],
    ["one two=2 three"],
    ["=x"],
    ["a\\=b c=1"],
    ["a=b\\=c"],
    ["a=1  b=2   c='x  y' "],
    ["a=1\nb=2\nc='x\ny'"],
    ["a={{ x }} b={% if y %}z{% endif %} c={{ a b"],
    ["a={{ x | d('y') }} b={% if y %} z {% endif %}"],
    ["/etc/x.yml"],
    ["./x.yml"],
    [" {a: 1}"],
    ["ansible_port=1 inventory_hostname=zzz group_names=x"],
    ['a="it\'s" b=\'say "x"\' c="x\\"'],
    ["a=\\x41\\u00e9\\n \\ b=2"],
    [""],
  ].map((each) => line("-i", "lone,", "--list", ...each.flatMap((word) => ["-e", word]))),
  ...[
    ["@vars.yml", '{"from_file": {"c": 3, "b": {"x": 1}}}'],
    ["{m: {a: {x: 1}}}", "{m: {a: {y: 2}, b: [1]}}", "{m: {b: [2]}}"],
    ["{m: {a: 1}}", "m=2", "{m: {b: 1}}"],
    ["{m: {c: 1}}"],
  ].map((each) => ({
    args: ["-i", "other.yml", "--host", "e1", ...each.flatMap((word) => ["-e", word])],
    env: { ANSIBLE_CONFIG: "merge.cfg" },
  })),
  // the inventory that ansible.cfg names
  { args: ["--graph"], env: { ANSIBLE_CONFIG: "conf" } },
  { args: ["--graph", "web"], env: { ANSIBLE_CONFIG: "conf" } },
  { args: ["--graph", "db"], env: { ANSIBLE_INVENTORY: "hosts" } },
  { args: ["--graph", "nope"], env: { ANSIBLE_INVENTORY: "hosts" } },
  { args: ["--list"], env: { ANSIBLE_INVENTORY: "hosts,other.yml" } },
  { args: ["--host", "web1", "-i", "other.yml"], env: { ANSIBLE_INVENTORY: "hosts" } },
  { args: [], env: { ANSIBLE_INVENTORY: "hosts" } },
  // vaults
  on("--graph", "--vault-password-file", "vars.yml"),
  on("--graph", "--vault-pass-file=vars.yml", "--vault-id", "x@vars.yml"),
  on("--graph", "--vault-password-file", "nope"),
  on("--graph", "--vault-id", "nope"),
  on("--graph", "--vault-id", "nope", "--vault-password-file", "vars.yml"),
  on("--graph", "--vault-id"),
  on("--graph", "--vault-password-file", "empty.yml"),
  on("--graph", "--vault-password-file", "vars.yml", "-J"),
  on("--graph", "--ask-vault-pass", "--vault-pass-file", "vars.yml"),
  // implicit localhost
  ...["localhost", "127.0.0.1", "::1"].map((name) => on("--host", name)),
  on("--host", "localhost", "--export"),
  on("--host", "localhost", "-y"),
];
