// Random inventories, in the words real ones are made of and in those that trip readers.
import fc from "fast-check";

const NAMES = [
  "web",
  "db",
  "eu",
  "site",
  "a",
  "b",
  "10",
  "7",
  "web-1",
  "h1",
  "h2",
  "h3",
  "db.example.net",
  "x_y",
];
const groupName = fc.constantFrom(...NAMES);
const hostName = fc.oneof(
  fc.constantFrom(...NAMES, "h1", "h2", "h3", "h4", "10.0.0.1", "host.example.net", "localhost", "h9:2222"),
  fc.constantFrom(
    "web[1:3]",
    "n[01:03]",
    "r[a:c]",
    "q[1:4:2].x",
    "10.0.0.[1:2]",
    "[2001:db8::1]:22",
    "fe80::1",
  ),
);
const varName = fc.constantFrom("a", "b", "c", "port", "ansible_host", "ansible_port", "list", "m", "x_1");

/** A scalar as it stands in YAML or behind `=`: edge cases, and whatever a few characters of theirs make. */
const scalarText = fc.oneof(
  fc.constantFrom(
    ...[
      "yes",
      "no",
      "on",
      "Off",
      "y",
      "n",
      "true",
      "False",
      "None",
      "null",
      "~",
      "0755",
      "0o17",
      "08",
      "0x1F",
      "0b11",
      "1_000",
    ],
    ...[
      "1e3",
      "1.5e+3",
      "1.0",
      ".5",
      "1.",
      "-0",
      "-0.0",
      "+1",
      "1:30",
      "1:30.5",
      ".inf",
      ".nan",
      "2020-01-02",
      "1.2.3",
      "10.0.0.1",
    ],
    ...[
      "12345678901234567890",
      "9007199254740993",
      "2020-01-02 03:04:05",
      "text",
      "two words",
      "a=b",
      "a#b",
      "'q'",
      '"q"',
      "[1, 2]",
      "{}",
    ],
    ...[
      "[a, b]",
      "{'a': 1}",
      "(1, 2)",
      "1, 2",
      "'it''s'",
      "a:b",
      "x y z",
      "http://h:80/p?q=1",
      "é",
      "日本",
      "%x",
      "$x",
      "{{ x }}x",
    ],
  ),
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(..."0123456789._:-+eExob"), minLength: 1, maxLength: 9 }),
  fc.string({ unit: fc.constantFrom(..."yesnotruefalYESNOTRUFAL"), minLength: 1, maxLength: 5 }),
  fc.string({ unit: fc.constantFrom(..."abc01._- '\"#=[]{}(),:\\"), minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(..."ab1 '\"#=[]{},:?-&*!|>%@`~<\\\tRé"), minLength: 1, maxLength: 10 }),
);

/** A value in a line: scalars plain or quoted, lists, mappings. */
const inline: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalarText,
    scalarText.map((text) => `'${text.replaceAll("'", "''")}'`),
    scalarText.map((text) => JSON.stringify(text)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc
      .array(fc.tuple(fc.oneof(varName, scalarText), tie("value")), { maxLength: 3 })
      .map((entries) => `{${entries.map(([key, value]) => `${key}: ${value}`).join(", ")}}`),
  ),
})).value;

const indented = (text: string, by: number) => text.replace(/^(?=.)/gm, " ".repeat(by));

const vars = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 9, arbitrary: varName },
        { weight: 1, arbitrary: scalarText.map((text) => JSON.stringify(text)) },
      ),
      inline,
    ),
    { maxLength: 4 },
  )
  .map((entries) => entries.map(([name, value]) => `${name}: ${value}\n`).join(""));
/** `key:` with the block below it, or with nothing. */
const entry = (key: string, block: string) => (block === "" ? `${key}:\n` : `${key}:\n${indented(block, 2)}`);

const hosts = fc
  .uniqueArray(fc.tuple(hostName, vars), { maxLength: 4, selector: ([name]) => name })
  .map((entries) => entries.map(([name, block]) => entry(JSON.stringify(name), block)).join(""));
const group: fc.Arbitrary<string> = fc.letrec<{ group: string }>((tie) => ({
  group: fc
    .record({
      hosts: fc.option(hosts),
      vars: fc.option(vars),
      children: fc.option(
        fc
          .uniqueArray(
            fc.tuple(
              groupName,
              fc.oneof({ depthSize: "small", withCrossShrink: true }, fc.constant(""), tie("group")),
            ),
            {
              maxLength: 3,
              selector: ([name]) => name,
            },
          )
          .map((entries) => entries.map(([name, block]) => entry(JSON.stringify(name), block)).join("")),
      ),
      order: fc.shuffledSubarray(["hosts", "vars", "children"] as const, { minLength: 3 }),
    })
    .map(({ order, ...parts }) =>
      order.map((key) => (parts[key] === null ? "" : entry(key, parts[key]))).join(""),
    ),
})).group;

/** Vars files: names and values, most of them simple. */
export const varsFile = fc
  .array(
    fc.tuple(
      fc.oneof(varName, fc.constantFrom("yes", "on", "null", "y", "A1")),
      fc.oneof(inline, scalarText),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((entries) => entries.map(([name, value]) => `${name}: ${value}\n`).join(""));

/** A YAML inventory. Most can be read; some can't, and must not be by us either. */
export const yamlInventory = fc
  .uniqueArray(fc.tuple(fc.oneof(fc.constant("all"), fc.constant("ungrouped"), groupName), group), {
    minLength: 1,
    maxLength: 4,
    selector: ([name]) => name,
  })
  .map((entries) => entries.map(([name, block]) => entry(JSON.stringify(name), block)).join(""));

/** Python's literals, and what is nearly one. */
const literalText = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."'\"[](){},:01_.xobeEj+- \\"), minLength: 1, maxLength: 9 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          "1",
          "0",
          "0x1F",
          "0o7",
          "0b1",
          "1_0",
          "1.5",
          "1e3",
          ".5",
          "5.",
          "007",
          "1j",
          "None",
          "True",
          "False",
        ],
        ...[
          "'a'",
          '"b"',
          "''",
          "r'\\d'",
          "b'x'",
          "u'x'",
          "f'x'",
          "'''q'''",
          "'\\n'",
          "'\\x41'",
          "'\\u00e9'",
          "'it\\'s'",
        ],
        ...[
          "[",
          "]",
          "(",
          ")",
          "{",
          "}",
          ",",
          ", ",
          ":",
          ": ",
          " ",
          "#",
          "# c",
          "a",
          "-",
          "+",
          "~",
          "*",
          "\\",
          ";",
        ],
      ),
      { minLength: 1, maxLength: 7 },
    )
    .map((parts) => parts.join("")),
  fc.constantFrom(
    "[1, 'a', None]",
    "{'a': [1, (2,)]}",
    "(1, 2)",
    "['a' 'b']",
    "- 5",
    "5 # five",
    "{1: 2}",
    "()",
  ),
);
const iniText = fc.oneof({ weight: 3, arbitrary: scalarText }, { weight: 1, arbitrary: literalText });
const iniVars = fc.array(fc.tuple(varName, iniText), { maxLength: 3 });
const iniHost = fc
  .tuple(hostName, iniVars, fc.constantFrom("", "", "", " # comment", " ", "\t"))
  .map(
    ([name, entries, end]) =>
      `${[name, ...entries.map(([key, value]) => `${key}=${value}`)].join(" ")}${end}\n`,
  );
/** Lines that one rarely sees; few, for many of them spoil the file. */
const oddLine = fc
  .constantFrom(
    ...[
      "; comment",
      "# comment",
      "",
      " \t",
      "  h1  a=1",
      "\th2",
      "h1 a='x y' b=\"z\"",
      "h1 a=1 a=2",
      "h3 'a=b c'",
    ],
    ...[
      "h3 a\\ b=1",
      "h1 =x",
      "h1 a=",
      "h1 a==b",
      "[web]h1",
      "[ web ]",
      "[web] ; c",
      "[web] # c",
      "[]",
      "[web",
      "h1 a",
    ],
    ...[
      "[web:hosts]",
      "[web:x]",
      "[web:vars:x]",
      "[w b]",
      "[web-1:vars]",
      "h[1:3",
      "h[3:1]",
      "h[01:3]",
      "h1:",
      "h1:x",
    ],
    ...[
      "h1:22:23",
      "h1,h2",
      "---",
      "é",
      "h\u00a01",
      "h1\r",
      "h1 a=1\r",
      "h1\x0bh2",
      "h1 a=b\u2028c",
      "h1 a=é",
      "[é]",
    ],
    ...[
      "h_1 a=1",
      "h-1- a=1",
      "[all]\nh1",
      "[ungrouped]\nh1",
      "[all:children]\nweb",
      "h1 a='",
      'h1 a="x\\"y"',
      "a: b",
    ],
    ...[
      "h1 a='x\\'y'",
      "h1 a=b#c",
      "h1 #a=1",
      "h1 a=1;b=2",
      "[a:b:c]x",
      "- h1",
      "h1\u0085h2",
      "h1\x1ch2",
      "h1 a=1 ; c",
    ],
  )
  .map((line) => `${line}\n`);
const iniSection = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(groupName, fc.array(iniHost, { maxLength: 4 }))
      .map(([name, lines]) => `[${name}]\n${lines.join("")}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.oneof(groupName, fc.constant("all")),
        fc.array(fc.tuple(varName, iniText, fc.constantFrom("=", " = ", "= ")), { maxLength: 4 }),
      )
      .map(
        ([name, entries]) =>
          `[${name}:vars]\n${entries.map(([key, value, sign]) => `${key}${sign}${value}\n`).join("")}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(groupName, fc.uniqueArray(groupName, { maxLength: 3 }))
      .map(([name, children]) => `[${name}:children]\n${children.map((child) => `${child}\n`).join("")}`),
  },
);

/** An INI inventory, each of its groups declared at the end so that most can be read. */
export const iniInventory = fc
  .tuple(
    fc.array(iniHost, { maxLength: 2 }),
    fc.array(fc.oneof({ weight: 12, arbitrary: iniSection }, { weight: 1, arbitrary: oddLine }), {
      maxLength: 6,
    }),
    fc.boolean(),
  )
  .map(([lone, sections, declare]) => {
    const text = lone.join("") + sections.join("");
    return declare ? text + NAMES.map((name) => `[${name}]\n`).join("") : text;
  });
