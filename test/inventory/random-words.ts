// Words of random inventories: those real ones are made of and those that trip readers.
import fc from "fast-check";

export const NAMES = [
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
export const groupName = fc.constantFrom(...NAMES);
export const hostName = fc.oneof(
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
export const varName = fc.constantFrom(
  "a",
  "b",
  "c",
  "port",
  "ansible_host",
  "ansible_port",
  "list",
  "m",
  "x_1",
);

/** A scalar as it stands in YAML or behind `=`: edge cases, and whatever a few characters of theirs make. */
export const scalarText = fc.oneof(
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
export const inline: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
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
