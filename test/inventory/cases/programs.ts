// Inventory scripts and plugins.
import type { Case } from "../commands.ts";

const script = (
  name: string,
  data: unknown,
  args: readonly string[] = [],
  more: Record<string, string> = {},
): Case => ({
  name: `script: ${name}`,
  files: {
    "inv.sh*": `#!/bin/sh\ncat <<'END'\n${typeof data === "string" ? data : JSON.stringify(data)}\nEND\n`,
    ...more,
  },
  args: ["-i", "inv.sh", ...args],
});
const asked = (name: string, text: string): Case => ({
  name: `script: ${name}`,
  files: { "inv.sh*": text },
  args: ["-i", "inv.sh"],
});

export const PROGRAM_CASES: readonly Case[] = [
  script("with _meta", {
    web: { hosts: ["h2", "h1"], vars: { v: 1.5 }, children: ["sub"] },
    sub: { hosts: ["h3"] },
    _meta: { hostvars: { h1: { a: [1, "x"] }, other: { b: 1 } } },
  }),
  script("short forms", {
    web: ["h1", "h2"],
    lone: { a: 1, b: "x" },
    empty: {},
    none: [],
    _meta: { hostvars: {} },
  }),
  script("children that come later, and loops of names", {
    a: { children: ["b", "c"] },
    b: { children: ["c"] },
    c: { hosts: ["h"], vars: { x: 1 } },
    _meta: { hostvars: {} },
  }),
  script("a loop", { a: { children: ["b"] }, b: { children: ["a"], hosts: ["h"] }, _meta: { hostvars: {} } }),
  script("all and ungrouped", {
    all: { children: ["web", "ungrouped"], vars: { a: 1 }, hosts: ["h9"] },
    ungrouped: { hosts: ["lone"] },
    web: { hosts: ["h1"] },
    _meta: { hostvars: { lone: { x: 1 } } },
  }),
  script("hosts that are no list", { web: { hosts: "h1" }, _meta: { hostvars: {} } }),
  script("vars that are no mapping", { web: { hosts: ["h1"], vars: [1] }, _meta: { hostvars: {} } }),
  script("vars of a host that are no mapping", { web: { hosts: ["h1"] }, _meta: { hostvars: { h1: "x" } } }),
  script("a list", [1, 2]),
  script("no JSON", "not json"),
  script("nothing", ""),
  script("unsafe and encrypted values", {
    web: { hosts: ["h1"] },
    _meta: { hostvars: { h1: { a: { __ansible_unsafe: "{{ x }}" } } } },
  }),
  script(
    "floats and big numbers",
    `{"web": {"hosts": ["h"]}, "_meta": {"hostvars": {"h": {"a": 1.0, "b": 12345678901234567890, "c": 1e3, "d": null}}}}`,
  ),
  script(
    "vars files beside it",
    { web: { hosts: ["h1"] }, _meta: { hostvars: { h1: { a: 1, b: 1 } } } },
    [],
    { "host_vars/h1.yml": "a: file\n", "group_vars/web.yml": "g: 1\n" },
  ),
  script(
    "names of digits",
    `{"z": {"hosts": ["b", "10", "9"]}, "7": {"hosts": ["10"]}, "_meta": {"hostvars": {"10": {"a": 1}}}}`,
  ),
  script("ranges are names", { web: { hosts: ["web[1:3]", "h:22"] }, _meta: { hostvars: {} } }),
  asked(
    "--host for each",
    `#!/bin/sh\nif [ "$1" = --list ]; then echo '{"web": ["h1", "h2"], "db": {"hosts": ["h2", "h3"]}}'; else echo "{\\"me\\": \\"$2\\", \\"n\\": 1.0}"; fi\n`,
  ),
  asked("--host that says nothing", `#!/bin/sh\nif [ "$1" = --list ]; then echo '{"web": ["h1"]}'; fi\n`),
  asked(
    "--host that says nonsense",
    `#!/bin/sh\nif [ "$1" = --list ]; then echo '{"web": ["h1"]}'; else echo '[1'; fi\n`,
  ),
  asked("a failure", "#!/bin/sh\necho trouble >&2\nexit 3\n"),
  asked("a failure after its output", `#!/bin/sh\necho '{"web": ["h1"]}'\nexit 3\n`),
  {
    name: "script: not executable, with #!",
    files: { inv: '#!/bin/sh\necho \'{"web": ["h1"]}\'\n' },
    args: ["-i", "inv"],
  },
  { name: "script: executable INI", files: { "hosts*": "[web]\nh1 a=1\n" }, args: ["-i", "hosts"] },
  {
    name: "script: executable YAML",
    files: { "hosts.yml*": "web:\n  hosts: {h1: }\n" },
    args: ["-i", "hosts.yml"],
  },
  {
    name: "script: in a folder, among files",
    files: {
      "inv/a": "[web]\nh1\n",
      "inv/b.sh*": `#!/bin/sh\necho '{"web": {"hosts": ["h2"]}, "_meta": {"hostvars": {"h1": {"x": 1}, "h2": {"y": 2}}}}'\n`,
    },
    args: ["-i", "inv"],
  },
  {
    name: "plugin: constructed, on the hosts of other sources",
    files: {
      "inv/1-hosts": "[web]\nh1 role=front n=1\nh2 role=back\n",
      "inv/2-more.yml":
        "plugin: constructed\nstrict: false\ngroups:\n  fronts: role == 'front'\nkeyed_groups:\n  - key: role\n    prefix: role\ncompose:\n  double: n * 2\n",
      "inv/group_vars/fronts.yml": "f: 1\n",
    },
    args: ["-i", "inv"],
  },
  {
    name: "plugin: generator",
    files: {
      "gen.yml":
        "plugin: generator\nhosts:\n  name: '{{ op }}-{{ app }}'\n  parents:\n    - name: '{{ op }}'\n      vars: {o: '{{ op }}'}\nlayers:\n  op: [build, launch]\n  app: [web, api]\n",
    },
    args: ["-i", "gen.yml"],
  },
  {
    name: "plugin: one that is unknown",
    files: { "x.yml": "plugin: nonsense\n", one: "h1\n" },
    args: ["-i", "x.yml", "-i", "one"],
  },
];
