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
  fc.string({ unit: fc.constantFrom(..."abc01._- '\"#=[]{}(),:\\"), minLength: 1, maxLength: 12 }).filter(
    // js-yaml refuses what libyaml takes: a comment right behind a bracket, a lone dash within brackets.
    (text) => !/[\]}]#|^ *-+ *$/.test(text),
  ),
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

const iniVars = fc.array(fc.tuple(varName, scalarText), { maxLength: 3 });
const iniHost = fc
  .tuple(hostName, iniVars, fc.constantFrom("", "", "", " # comment", " ", "\t"))
  .map(
    ([name, entries, end]) =>
      `${[name, ...entries.map(([key, value]) => `${key}=${value}`)].join(" ")}${end}\n`,
  );
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
        fc.array(fc.tuple(varName, scalarText, fc.constantFrom("=", " = ", "= ")), { maxLength: 4 }),
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
  .tuple(fc.array(iniHost, { maxLength: 2 }), fc.array(iniSection, { maxLength: 6 }), fc.boolean())
  .map(([lone, sections, declare]) => {
    const text = lone.join("") + sections.join("");
    return declare ? text + NAMES.map((name) => `[${name}]\n`).join("") : text;
  });
