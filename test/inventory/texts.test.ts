// Text → values, against Ansible's own functions: INI values, host lines, ranges, addresses, YAML scalars.
import { beforeAll, expect, test } from "bun:test";
import { literal } from "../../lib/inventory/literal.ts";
import { pythonJson } from "../../lib/inventory/python-json.ts";
import { expandHosts, parseAddress, shortName } from "../../lib/inventory/range.ts";
import { splitWords } from "../../lib/inventory/words.ts";
import { parseYaml } from "../../lib/inventory/yaml.ts";
import { ANSIBLE_TIMEOUT_MS, oracle } from "./ansible.ts";

const LITERALS = [
  "5",
  "-5",
  "+5",
  "- 5",
  "--5",
  "0755",
  "0o755",
  "0x1F",
  "0b101",
  "1_000",
  "00",
  "1.5",
  "1.",
  ".5",
  "1e3",
  "1.e5",
  "10.0.0.1",
  "1.2.3",
  "12abc",
  "5 # five",
  "5#five",
  "'a' # b",
  "foo # c",
  "True",
  "true",
  "False",
  "None",
  "Trueish",
  "'a'",
  '"a"',
  "'a' 'b'",
  "'it\\'s'",
  "r'\\d'",
  "u'x'",
  "f'x'",
  "'unclosed",
  "['a', 1, None]",
  "[a]",
  "[1, 2,]",
  "(1,)",
  "(1)",
  "()",
  "1, 2",
  "{'a': {'b': [1]}}",
  "{}",
  "{'a': 1, 2: 3}",
  "{a: 1}",
  '{"a": true}',
  "{{ x }}",
  "a=b",
  "",
  "1 + 2",
  "not True",
  "x.y",
  "'\\x41\\u00e9\\n'",
  "9007199254740993",
];
const WORDS = [
  "web1 a=b c='d e'",
  "x=\"a b\" y=''",
  "a\\ b c",
  'k="a\\"b\\\\c\\d"',
  "a=b#c d",
  "a 'b # c' # d",
  "'open",
  "end\\",
  "",
  "a\tb",
  "''",
  "a''b",
];
const RANGES = [
  "web",
  "web[1:3]",
  "web[01:10]",
  "web[001:010:3].x",
  "[a:f]",
  "db-[a:c][1:2]",
  "web[1:10:4]",
  "web[:2]",
  "web[3:1]",
  "web[1:]",
  "web[x]",
  "web[1:2:3:4]",
  "web[08:11]",
  "web[1:010]",
  "web[01:1]",
  "web[A:C]",
  "web[x:B]",
  "web[c:a]",
  "web[1:3]:2222",
  "10.0.0.[1:3]",
  "web[1:2",
  "web]1:2[",
  "web:22",
  "web:",
  "[2001:db8::1]:22",
  "2001:db8::1",
  "a b",
  "web_[1:2]_",
  "ümlaut[1:2]",
  "192.168.[0:1].[1:2]:80",
  "web[1:3:0]",
];
const ADDRESSES = [
  "web",
  "web.example.net",
  "web-",
  "-web",
  "_web",
  "web_1",
  "web:22",
  "web:x",
  "10.1.2.3",
  "10.1.2.3:22",
  "300.1.1.1",
  "1.2.3",
  "::1",
  "fe80::1",
  "[::1]:22",
  "[fe80::1]:22",
  "[web]:22",
  "[web:22]:23",
  "1:2:3:4:5:6:7:8",
  "::ffff:10.0.0.1",
  "fe80::1%eth0",
  "10.0.0.[1:9]",
  "web[1:3]",
  "a..b",
  "",
];
const SCALARS = [
  "yes",
  "No",
  "on",
  "y",
  "n",
  "true",
  "TRUE",
  "tRue",
  "~",
  "null",
  "",
  "0755",
  "0o755",
  "0x1f",
  "0b11",
  "-0b11",
  "1_000",
  "12:30:45",
  "1:5",
  "08",
  "09.5",
  "1e3",
  "1.0e+3",
  "1.",
  ".5",
  ".5e3",
  "+1",
  "1.2.3",
  "2020-01-02",
  "2020-1-2",
  "2020-01-02 03:04:05",
  "2020-01-02T03:04:05.5Z",
  "2020-01-02 03:04:05 +2",
  '"0755"',
  "'yes'",
  "!!str 5",
  "!!int '7'",
  "!!float 3",
  "!unsafe '{{ x }}'",
  "!unsafe [a, 1]",
  "[1, [a, yes]]",
  "{a: 1, b: {c: no}}",
  "a # b",
  "9223372036854775808",
];
const DOCUMENTS = [
  "",
  "---\n",
  "# only a comment\n",
  "[1, 2]",
  '{"a": 1.5, "b": [true, null]}',
  "{a: yes}",
  "a: 1\na: 2\n",
  "1: one\nfalse: f\n~: n\n",
  "y: 1\nno: 2\n",
  "base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  x: 3\n",
  "base: &b {x: 1}\nd:\n  x: 3\n  <<: *b\n",
  "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nd:\n  <<: [*a, *b]\n",
  "t: |\n  one\n  two\n",
  "t: >-\n  one\n  two\n",
  "t: |\n  one\n  two",
  "t: >\n  one\n  two",
  "t: |+\n  one\n  two",
  "t: ['|\\n', b]",
  "a: {{ x }}\n",
  "a: b: c\n",
  "a:\n\t- b\n",
  "a: 1\n---\nb: 2\n",
  "v: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n",
];

const TABLES: readonly {
  ask: string;
  title: string;
  cases: readonly string[];
  ours: (text: string) => unknown;
}[] = [
  {
    ask: "literals",
    title: "values of INI inventories are Python literals or plain text",
    cases: LITERALS,
    ours: (text) => JSON.parse(pythonJson(literal(text))),
  },
  { ask: "words", title: "host lines split as shlex does", cases: WORDS, ours: (text) => splitWords(text) },
  {
    ask: "ranges",
    title: "ranges of names",
    cases: RANGES,
    ours: (text) => {
      const { names, port } = expandHosts(text);
      return { names, port: port ?? null };
    },
  },
  {
    ask: "addresses",
    title: "addresses",
    cases: ADDRESSES,
    ours: (text) => {
      const address = parseAddress(text);
      if (address === undefined) throw new RangeError("no address");
      return [address.host, address.port ?? null];
    },
  },
  {
    ask: "yaml",
    title: "YAML is PyYAML's 1.1",
    cases: [...SCALARS.map((text) => `k: ${text}\n`), ...DOCUMENTS],
    ours: (text) => JSON.parse(pythonJson(parseYaml(text, { file: "t.yml" }))),
  },
];

let answers: Awaited<ReturnType<typeof oracle>> = [];
beforeAll(async () => {
  answers = await oracle(...TABLES.map(({ ask, cases }) => ({ ask, cases })));
}, ANSIBLE_TIMEOUT_MS);

for (const [index, { title, cases, ours }] of TABLES.entries()) {
  test(title, () => {
    const ansible = cases.map((text, at) => {
      const answer = answers[index]?.[at];
      return [text, answer?.error === undefined ? answer?.value : "error"];
    });
    const mine = cases.map((text) => {
      try {
        return [text, ours(text)];
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return [text, "error"];
      }
    });
    expect(mine).toEqual(ansible);
  });
}

test("floats and integers that JSON can't tell apart or hold", () => {
  const text = pythonJson([literal("1.0"), literal("9007199254740993"), literal("1e16"), literal("0.00001")]);
  expect(text).toBe("[1.0, 9007199254740993, 1e+16, 1e-05]");
  expect(["web1.example.net", "10.1.2.3", "fe80::1", "web1"].map(shortName)).toEqual([
    "web1",
    "10.1.2.3",
    "fe80::1",
    "web1",
  ]);
});

test("a duplicate key is told of, and one that overrides a merged key, as Ansible does", () => {
  const warnings: string[] = [];
  const text = "b: &b {x: 1}\nd:\n  y: &c 1\n  x: 2\n  <<: *b\ne: 1\n'e': 2\nf:\n  <<: [*b, {x: 3}]\n";
  const file = "g.yml";
  parseYaml(text, { file, warn: (message) => warnings.push(message) });
  expect(warnings).toEqual([
    "g.yml:4: duplicate key 'x', the last one counts",
    "g.yml:9: duplicate key 'x', the last one counts",
    "g.yml:7: duplicate key 'e', the last one counts",
  ]);
  expect(() => parseYaml(text, { file, duplicates: "error" })).toThrow("g.yml:4: there is a key 'x' already");
});
