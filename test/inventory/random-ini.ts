// Random INI inventories.
import fc from "fast-check";
import { groupName, hostName, NAMES, scalarText, varName } from "./random-words.ts";

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
