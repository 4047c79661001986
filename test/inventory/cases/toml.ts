// TOML inventories, and JSON ones.
import type { Case } from "../commands.ts";

const toml = (name: string, text: string, args: readonly string[] = []): Case => ({
  name: `TOML: ${name}`,
  files: { "hosts.toml": text },
  args: ["-i", "hosts.toml", ...args],
});
const json = (name: string, text: string, args: readonly string[] = []): Case => ({
  name: `JSON: ${name}`,
  files: { "hosts.json": text },
  args: ["-i", "hosts.json", ...args],
});

export const TOML_CASES: readonly Case[] = [
  toml(
    "values",
    `[all.vars]
int = 1
neg = -17
under = 1_000
hex = 0xDEADBEEF
oct = 0o755
bin = 0b1101
big = 9223372036854775807
float = 1.0
tiny = 1e-7
exp = 1e6
huge = 6.02e+23
half = -0.5
list = [1, 2]
floats = [1.0, 2.0]
texts = ["3", "4.0"]
map = { a = 1.0, b = "1.0", d = { e = 3.0 } }
yes = true
text = "tab\\tquote\\" 1.0"
raw = 'C:\\1.0'
many = """
one = 1.0
two"""
lines = [
  [1.0],
  [2.0,
   3.5],  # 4.0
]
date = 1979-05-27
at = 1979-05-27T07:32:00Z
local = 1979-05-27T07:32:00
zone = 1979-05-27 00:32:00.5-07:00
inf = inf
ninf = -inf
nan = nan
[web.hosts.h1]
a = 1.0
[web.hosts]
h2 = { v = 2.0 }
`,
  ),
  toml(
    "groups",
    `[web]\nchildren = ["canary", "stable"]\nvars = { port = 8080 }\n[canary.hosts]\nweb1 = {}\n"web[2:3]" = { a = 1 }\n[stable.hosts."h:2222"]\n[db]\n`,
  ),
  toml("children that are no list", `[web]\nchildren = "canary"\n`),
  toml("hosts that are a list", `[web]\nhosts = ["a"]\n`),
  toml("unknown parts", `[web]\nother = 1\n[web.hosts]\na = {}\n`),
  toml("a top-level value", `x = 1\n[web.hosts]\na = {}\n`),
  toml("nothing", ""),
  toml("not TOML", "[web\n"),
  json(
    "an inventory",
    JSON.stringify({
      web: {
        hosts: { h: { n: 1, f: 2.5, s: "0755", t: true, z: null, l: [1, "x"] } },
        vars: { a: { b: 1 } },
      },
      db: { children: { web: null } },
    }),
  ),
  json(
    "floats and big numbers",
    `{"web": {"hosts": {"h": {"a": 1.0, "b": 1e3, "c": 12345678901234567890, "d": -0.0, "e": 1E400, "f": NaN, "g": 1e-7}}}}`,
  ),
  json("duplicate keys", `{"web": {"hosts": {"h": {"a": 1, "a": 2}}}}`),
  json("escapes", `{"web": {"hosts": {"h": {"a": "\\u00e9\\ud83d\\ude00\\/\\n", "b": "\\u2028"}}}}`),
  json(
    "marked values",
    `{"web": {"hosts": {"h": {"a": {"__ansible_unsafe": "{{ x }}"}, "b": {"__ansible_vault": "x"}}}}}`,
  ),
  json("a comma too many, so it is YAML", `{"web": {"hosts": {"h": {"a": 1e3, "b": yes,},},}}`),
  json("not JSON", `{"web": `),
  json("names of digits", `{"web": {"hosts": {"z": null, "10": {"a": 1}, "9": null}}}`),
];
