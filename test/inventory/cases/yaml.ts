// YAML inventories: scalars as PyYAML reads them, structure as Ansible's yaml plugin takes it.
import type { Case } from "../commands.ts";

const yaml = (name: string, text: string, args: readonly string[] = []): Case => ({
  name: `YAML: ${name}`,
  files: { "hosts.yml": text },
  args: ["-i", "hosts.yml", ...args],
});

/** A host with one var for each of `scalars`, a list and the same as values of a flow mapping. */
const scalars = (name: string, values: readonly string[]): Case =>
  yaml(
    name,
    `all:\n  hosts:\n    h:\n${values.map((value, index) => `      v${index}: ${value}\n`).join("")}      list:\n${values
      .map((value) => `        - ${value}\n`)
      .join("")}`,
  );

export const YAML_CASES: readonly Case[] = [
  scalars(
    "booleans",
    "yes Yes YES no No NO true True TRUE false False FALSE on On ON off Off OFF".split(" "),
  ),
  scalars("no booleans", "y Y n N yEs nO tRue fAlse oN oFf t f T F".split(" ")),
  scalars("null", ["null", "Null", "NULL", "~", "", "nULL", "none", "None", "''", '""', "!!null ''"]),
  scalars(
    "octal and hexadecimal",
    "0 00 07 0755 08 09 0o17 0b101 0b2 0x1F 0xfg 0x -0x10 +0b11 0_7 -010 +010".split(" "),
  ),
  scalars("integers", "1 -1 +1 1_000 1__0 _1 1_ 12e03 -0 +0 007 1,000 1.000.000".split(" ")),
  scalars("big integers", [
    "9007199254740993",
    "123456789012345678901234567890",
    "-123456789012345678901234567890",
    "0xffffffffffffffffffff",
    "0777777777777777777777777",
    "1_234_567_890_123_456_789_012",
  ]),
  scalars(
    "sexagesimal",
    "1:30 190:20:30 -1:30 1:60 01:30 12:30:45 1:30.5 190:20:30.15 1:2:3:4 0:0 20:59 20:60".split(" "),
  ),
  scalars(
    "floats",
    "1.0 1. .5 -.5 +.5 1e3 1.e3 1.5e3 1.5e+3 1.5E-3 .5e+3 1_0.5 -1.0 1e+3 1.0e+30 1.0e-7 123456789.123 0.1 1e400".split(
      " ",
    ),
  ),
  scalars(
    "floats without a fraction",
    "100.0 1.0e+16 1.0e+15 1.0e+22 1.0e+21 -0.0 0.0 00.5 01.5 1.50 6.8523015e+5 685_230.15".split(" "),
  ),
  scalars(
    "infinity and not a number",
    ".inf -.inf +.inf .Inf .INF .iNf .nan .NaN .NAN .Nan inf nan -.nan".split(" "),
  ),
  scalars("dates", "2020-01-02 2020-1-2 20200102 2020-01-02x 1999-12-31 0001-01-01".split(" ")),
  scalars("moments", [
    "2020-01-02 03:04:05",
    "2020-01-02T03:04:05Z",
    "2020-01-02t03:04:05.1Z",
    "2020-01-02 03:04:05.123456789 +01:30",
    "2020-1-2 3:04:05 -5",
    "2020-01-02 03:04",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10 -5",
    "2020-01-02  03:04:05  Z",
    "2020-01-02T03:04:05.000",
  ]),
  scalars("plain text", [
    "a#b",
    "http://x:80/",
    "--",
    "1.2.3",
    "v1",
    "x@x",
    "a b  c",
    "\\n",
    "50%",
    "<",
    "...x",
    "<x",
    "==",
  ]),
  scalars("a lone =", ["="]),
  scalars("a lone <<", ["<<"]),
  scalars("quoted", [
    `'yes'`,
    `"no"`,
    `'0755'`,
    `"1.0"`,
    `'it''s'`,
    `"tab\\there"`,
    `"\\x41\\u00e9\\U0001F600"`,
    `"a\\
           b"`,
    `'{{ x }}'`,
    `"\\e\\0\\/\\N"`,
  ]),
  scalars("tags", [
    `!!str 5`,
    `!!int "5"`,
    `!!float 5`,
    `!!bool "yes"`,
    `!!str yes`,
    `!!float "1e3"`,
    `!!str`,
    `!!int 0x1F`,
    `!!timestamp "2020-01-02"`,
  ]),
  scalars("collections in a line", [
    "[1, two, 3.0]",
    "{a: 1, b: [x, y], c: {d: ~}}",
    "[]",
    "{}",
    "[[], [[]], {}]",
    "{a, b: , c: 1}",
    `["a", 'b', c]`,
    "[a: 1, b: 2]",
  ]),
  scalars("other alphabets", [
    `"žluť"`,
    "日本語",
    "😀",
    `"\\ud83d"`.replace("\\ud83d", "x"),
    "é",
    "naïve café",
    `"\\u2028"`,
    `"\\x7f"`,
    `"\\x85"`,
  ]),
  yaml(
    "block texts",
    `all:
  hosts:
    h:
      literal: |
        one
          two

        three
      folded: >
        one
        two

        three
          four
        five
      strip: |-
        one

      keep: |+
        one

      folded_strip: >-
        a
        b
      indented: |2
          two more
      empty: |
      after: x
      last: |
        no newline at the end`,
  ),
  yaml(
    "texts over several lines",
    `all:
  hosts:
    h:
      plain: one
        two

        three
      double: "one
        two\\
        three

        four"
      single: 'one
        two'
`,
  ),
  yaml(
    "merge keys with overrides",
    `all:
  vars:
    base: &base {a: 1, b: 2, n: {x: 1}}
    other: &other {b: 3, c: 4}
  hosts:
    h1:
      <<: *base
      b: own
    h2:
      b: own
      <<: *base
    h3:
      <<: [*base, *other]
    h4:
      <<: [*other, *base]
      c: own
    h5:
      <<: *base
      <<: *other
    h6: *base
    h7: {<<: *base, z: 1}
`,
  ),
  yaml(
    "anchors and aliases",
    `x: &x
  vars: {shared: &list [1, 2], again: *list}
web:
  hosts: &hosts {h1: , h2: {a: 1}}
  vars: {shared: *list}
db:
  hosts: *hosts
`,
  ),
  yaml(
    "duplicate keys, the last counts",
    "all:\n  hosts:\n    h:\n      a: 1\n      b: 2\n      a: 3\n    h2:\n  hosts:\n    h3: {a: 1, a: 2}\n",
  ),
  yaml(
    "duplicate hosts and groups",
    "web:\n  hosts:\n    h1: {a: 1}\n    h2:\n    h1: {b: 2}\nweb:\n  hosts:\n    h3:\n",
  ),
  yaml(
    "keys that are no text, in values",
    `all:\n  hosts:\n    h:\n      ports: {80: http, 443: https, 8080: alt, 9: discard}\n      flags: {true: 1, false: 0}\n      nothing: {~: 1}\n      floats: {1.5: a, 0.5: b}\n`,
  ),
  yaml(
    "keys of several kinds in one mapping",
    `all:\n  hosts:\n    h2: {b: 1, a: 2}\n    h:\n      mixed: {80: http, name: x, yes: 1}\n`,
  ),
  yaml("keys of several kinds in a vars mapping", `all:\n  hosts:\n    h:\n      80: http\n      name: x\n`),
  yaml("keys that are lists", "all:\n  hosts:\n    h:\n      ? [a, b]\n      : 1\n"),
  yaml("explicit keys", "all:\n  ? hosts\n  : ? h1\n    : ? a\n      : 1\n"),
  yaml("quoted keys", `"all":\n  'hosts':\n    "h 1": {"a b": 1, 'c': 2, "": 3, "é": 4}\n`),
  yaml(
    "names of digits keep their place",
    `web:\n  hosts:\n    zeta:\n    "10":\n    "9": {a: 1}\n    alpha:\n    "1": {a: 2}\n"7":\n  hosts: {"10": , zeta: }\nb:\n  children:\n    web:\n    "3": {hosts: {"2": , a: }}\n    c:\n`,
  ),
  yaml(
    "names of digits, as a graph",
    `web:\n  hosts:\n    zeta:\n    "10":\n    "9": {"5": 1, a: 2}\n    alpha:\n"7":\n  hosts: {"10": , zeta: }\n`,
    ["--graph", "--vars"],
  ),
  yaml("a host that is a number", "all:\n  hosts:\n    h:\n    10:\n"),
  yaml("a group that is a number", "web:\n  hosts: {h: }\n8:\n  hosts: {i: }\n"),
  yaml("a group that is true", "web:\n  hosts: {h: }\nyes:\n  hosts: {i: }\n"),
  yaml("a host that is nothing", "web:\n  hosts:\n    a:\n    ~:\n"),
  yaml("a group that is no mapping", "web:\n  hosts: {h: }\nother: text\nlist: [1]\nnumber: 5\n"),
  yaml(
    "a child that is no mapping, of a group there is",
    "a:\n  hosts: {h: }\nweb:\n  children:\n    a: text\n",
  ),
  yaml("a child that is no mapping, of no group", "web:\n  hosts: {h: }\n  children:\n    a: text\n"),
  yaml(
    "a child that is no mapping, of a host's name",
    "x:\n  hosts: {h: }\nweb:\n  children:\n    h: text\n",
  ),
  yaml("parts of a group as a lone name", "web:\n  hosts: h1\n  vars: v1\n  children: sub\n"),
  yaml("hosts as a list", "web:\n  hosts: [h1, h2]\n"),
  yaml("vars as a list", "db: {hosts: {d: }}\nweb:\n  hosts: {h: }\n  vars: [a]\n"),
  yaml("unknown parts of a group", "web:\n  hosts: {h: }\n  var: {a: 1}\n  host: x\n  other:\n  list: [1]\n"),
  yaml("vars of a host that are no mapping", "web:\n  hosts:\n    h: text\n"),
  yaml(
    "vars of a host that are empty",
    "web:\n  hosts:\n    h1: ''\n    h2: []\n    h3: 0\n    h4: no\n    h5: {}\n    h6: ~\n",
  ),
  yaml("empty groups", "web:\ndb: {}\nx: {hosts: , vars: , children: }\n"),
  yaml("an empty name of a group", '"":\n  hosts: {h: }\n'),
  yaml("an empty name of a host", 'web:\n  hosts: {"": }\n'),
  yaml("an empty file", ""),
  yaml("only comments", "# nothing\n---\n# at all\n"),
  yaml("a list", "- h1\n- h2\n"),
  yaml("a text", "just text\n"),
  yaml("two documents", "web:\n  hosts: {h: }\n---\ndb:\n  hosts: {d: }\n"),
  yaml("an explicit document with an end", "%YAML 1.1\n---\nweb:\n  hosts: {h: }\n...\n"),
  yaml("a tab for a blank", "web:\n\thosts: {h: }\n"),
  yaml("a mark at the beginning", "\ufeffweb:\n  hosts: {h: }\n"),
  yaml(
    "line ends of Windows",
    "web:\r\n  hosts:\r\n    h:\r\n      a: |\r\n        one\r\n        two\r\n      b: x\r\n",
  ),
  yaml("braces without quotes", "web:\n  hosts:\n    h:\n      a: {{ b }}\n"),
  yaml("templates stay as they are", `web:\n  hosts:\n    h: {a: "{{ b }}", b: "{% if x %}y{% endif %}"}\n`),
  yaml(
    "ranges",
    'web:\n  hosts:\n    web[1:3].example.net: {a: 1}\n    db-[a:c]:\n    n[01:10:3]-[x:y]:\n    "[2001:db8::1]:22":\n    h:2222:\n',
  ),
  yaml("a range that is wrong", "web:\n  hosts:\n    web[3:1]:\n    web[a:1]:\n"),
  yaml("a range without an end", "web:\n  hosts:\n    web[1:]:\n"),
  yaml(
    "addresses",
    `web:\n  hosts:\n    10.0.0.1:\n    10.0.0.[2:4]:\n    "::1":\n    "fe80::1%eth0":\n    "10.0.0.9:22":\n    "[fe80::2]:2200":\n    "2001:db8::[a:c]":\n`,
  ),
  yaml(
    "hosts in many groups, children before parents",
    "c:\n  hosts: {h: {from: c}}\na:\n  children:\n    b:\n      children: {c: }\n  vars: {from: a}\nb:\n  vars: {from: b}\n",
  ),
  yaml("all inside all", "all:\n  children:\n    web:\n      children:\n        all:\n"),
  yaml("a group inside itself", "web:\n  hosts: {h: }\n  children:\n    web:\n"),
  yaml(
    "a loop of groups",
    "a:\n  children:\n    b:\n      children:\n        c:\n          children:\n            a:\n",
  ),
  yaml(
    "a diamond",
    "top:\n  children:\n    left: {children: {bottom: }, vars: {v: left}}\n    right: {children: {bottom: }, vars: {v: right}}\nbottom:\n  hosts: {h: }\n",
    [],
  ),
  yaml(
    "a diamond, as a graph",
    "top:\n  children:\n    left: {children: {bottom: }, vars: {v: left}}\n    right: {children: {bottom: }, vars: {v: right}}\nbottom:\n  hosts: {h: }\n",
    ["--graph", "--vars"],
  ),
  yaml(
    "ungrouped with vars and children",
    "ungrouped:\n  hosts: {h: }\n  vars: {a: 1}\n  children: {x: {hosts: {i: }}}\nweb:\n  hosts: {h2: }\n",
  ),
  yaml(
    "hosts of all, and in a group",
    "all:\n  hosts: {a: , b: {x: 1}}\n  children:\n    web: {hosts: {b: }}\n",
  ),
  yaml(
    "a group and a host of one name",
    "web:\n  hosts: {web: {a: 1}, db: }\ndb:\n  hosts: {h: }\n  vars: {b: 2}\n",
  ),
  yaml(
    "names with other characters",
    "web-1:\n  hosts: {h: }\nweb.2:\n  hosts: {i: }\n3rd:\n  hosts: {j: }\n'a b':\n  hosts: {k: }\n",
  ),
  yaml(
    "priorities",
    "a:\n  hosts: {h: }\n  vars: {v: a, ansible_group_priority: 20}\nb:\n  hosts: {h: }\n  vars: {v: b, ansible_group_priority: '3'}\nc:\n  hosts: {h: }\n  vars: {v: c}\n",
    ["--export"],
  ),
  yaml("a priority that is no number", "a:\n  hosts: {h: }\n  vars: {ansible_group_priority: high}\n"),
  yaml(
    "values, as a graph prints them",
    `web:\n  vars: {list: [1, "a'b", 1.0, ~, yes], map: {a: {b: [x]}, 1: 2, c: "x\\ny"}, text: "two\\nlines"}\n  hosts:\n    h: {date: 2020-01-02, at: 2020-01-02 03:04:05, when: [2020-01-02, 2020-01-02T03:04:05Z, "2020-01-02 03:04:05.5 +01:00".x]}\n`.replace(
      '"2020-01-02 03:04:05.5 +01:00".x',
      "2020-01-02 03:04:05.5 -01:00",
    ),
    ["--graph", "--vars"],
  ),
  yaml(
    "floats and odd texts, as a graph prints them",
    `web:\n  hosts:\n    h: {a: [1.0e+16, 1.0e-5, 0.0001, .inf, -.inf, .nan, 1e3, 123456789012345678], b: ["\\u00e9\\u200b\\x07", 'a"b', "a'b\\"c", "\\\\"], u: !unsafe "{{ x }}", l: [!unsafe a]}\n`,
    ["--graph", "--vars"],
  ),
  yaml(
    "unsafe values",
    `web:\n  hosts:\n    h: {a: !unsafe "{{ x }}", b: !unsafe [1, "{{ y }}"], c: !unsafe {k: "{{ z }}", n: 1}}\n`,
  ),
  yaml("an unknown tag", `web:\n  hosts:\n    h: {a: !mine x}\n`),
  yaml("a Python tag", `web:\n  hosts:\n    h: {a: !!python/tuple [1, 2]}\n`),
  yaml(
    "sets, ordered mappings and binary",
    `web:\n  hosts:\n    h:\n      o: !!omap [a: 1, b: 2]\n      p: !!pairs [a: 1, a: 2]\n`,
  ),
  yaml(
    "ordered mappings, as a graph",
    `web:\n  hosts:\n    h:\n      o: !!omap [a: 1, b: [x]]\n      p: {q: !!pairs [a: 1, a: 2]}\n`,
    ["--graph", "--vars"],
  ),
  yaml("--host", "all:\n  vars: {a: 1}\n  hosts:\n    h: {b: [1, {c: 2.0}]}\n    i:\n", ["--host", "h"]),
  yaml("--host without vars", "all:\n  hosts:\n    i:\n", ["--host", "i"]),
  yaml("--host of none", "all:\n  hosts:\n    i:\n", ["--host", "nope"]),
  yaml("--host of two", "all:\n  hosts:\n    i:\n    j:\n", ["--host", "all"]),
  yaml("--host of a group of one", "web:\n  hosts:\n    i: {a: 1}\n", ["--host", "web"]),
  yaml("--host localhost, which nobody names", "all:\n  vars: {a: 1}\n  hosts:\n    i:\n", [
    "--host",
    "localhost",
    "-e",
    "ansible_python_interpreter=x",
  ]),
  yaml("--host localhost, which is named", "all:\n  vars: {a: 1}\n  hosts:\n    localhost: {b: 2}\n", [
    "--host",
    "127.0.0.1",
  ]),
  yaml("--graph of one group", "a:\n  children: {b: {hosts: {h: }}}\nc:\n  hosts: {i: }\n", ["--graph", "b"]),
  yaml("--graph of no group", "a:\n  hosts: {h: }\n", ["--graph", "nope"]),
  yaml(
    "--export",
    "all:\n  vars: {a: 1}\n  children:\n    web:\n      vars: {b: 2}\n      hosts: {h: {c: 3}, i: }\n    empty:\n",
    ["--export"],
  ),
  yaml(
    "--export --host",
    "all:\n  vars: {a: 1}\n  children:\n    web:\n      vars: {b: 2}\n      hosts: {h: {c: 3}, i: }\n",
    ["--export", "--host", "h"],
  ),
  yaml(
    "--export --graph --vars",
    "all:\n  vars: {a: 1}\n  children:\n    web:\n      vars: {b: 2}\n      hosts: {h: {c: 3}, i: }\n",
    ["--export", "--graph", "--vars"],
  ),
  yaml("two actions", "all:\n  hosts:\n    i:\n", ["--list", "--graph"]),
  yaml("-e", "all:\n  vars: {a: 1}\n  hosts: {h: {a: 2}, i: }\n", [
    "-e",
    "a=x b='y z'",
    "-e",
    '{"c": {"d": [1]}, "a": 7}',
  ]),
];
