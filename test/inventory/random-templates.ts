// Random templates: expressions of all kinds of operators, filters and tests, and statements with all kinds of spacing.

import fc from "fast-check";

const names = fc.constantFrom(
  ..."app app_port tags users ports sizes nothing truth lie empty number_text ratio negative version mixed cfg".split(
    " ",
  ),
);
const literals = fc.oneof(
  fc.constantFrom("0", "1", "2", "-1", "7", "1.5", "2.0", "1e2", "10", "true", "false", "none", "[]", "{}"),
  fc.constantFrom(
    "'a'",
    "'b,c'",
    "''",
    "'5'",
    "'x y'",
    "'True'",
    "'[1]'",
    '"it\'s"',
    "(1, 2)",
    "[1, 2]",
    "{'k': 'v'}",
  ),
);
const signs = fc.constantFrom(..."+ - * / // % ** ~ == != < > <= >= in and or".split(" "), "not in");
const filters = fc.constantFrom(
  ...[
    "upper",
    "lower",
    "length",
    "int",
    "float",
    "string",
    "list",
    "first",
    "last",
    "join(',')",
    "sort",
    "unique",
  ],
  ...[
    "default('d')",
    "default('d', true)",
    "bool",
    "abs",
    "round",
    "round(1)",
    "reverse",
    "max",
    "min",
    "sum",
    "trim",
  ],
  ...[
    "replace('a', 'o')",
    "split(',')",
    "title",
    "capitalize",
    "quote",
    "to_json",
    "b64encode",
    "map('string')",
  ],
  ...[
    "select('number')",
    "reject('none')",
    "flatten",
    "zip([1, 2])",
    "union([2])",
    "difference([1])",
    "batch(2)",
  ],
  ...["dict2items", "map(attribute='name')", "selectattr('admin', 'defined')", "regex_replace('[ab]', '-')"],
  ...[
    "ternary('y', 'n')",
    "indent(2)",
    "regex_search('[a-z]')",
    "regex_findall('.')",
    "basename",
    "splitext",
  ],
  ...["dictsort", "items", "combine({'z': 1})", "hash", "wordcount", "center(7)", "slice(2)", "product([1])"],
);
const tests = fc.constantFrom(
  ...[
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "mapping",
    "iterable",
    "sequence",
    "even",
    "odd",
    "truthy",
  ],
  ...[
    "in [1, 'a']",
    "match('a')",
    "search('s')",
    "eq 1",
    "sameas true",
    "integer",
    "float",
    "boolean",
    "not none",
  ],
  ...["divisibleby 2", "not defined", "contains('a')", "subset([1, 2, 3])", "lower", "gt(1)"],
);

/** An expression such as could stand between {{ and }}. */
export const expressions = fc.letrec<{ expression: string; leaf: string }>((tie) => {
  const part = tie("expression");
  const index = fc.constantFrom(
    "[0]",
    "[-1]",
    "[1:]",
    "[:2]",
    "[::-1]",

    "[0:1]",
    ".0",
    ".upper()",
    ".keys()",
  );
  return {
    leaf: fc.oneof(names, literals),
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.tuple(part, signs, part).map((parts) => parts.join(" ")),
      fc.tuple(part, filters).map((parts) => parts.join(" | ")),
      fc.tuple(part, tests).map((parts) => parts.join(" is ")),
      fc.tuple(fc.constantFrom("-", "+", "not "), part).map((parts) => parts.join("")),
      fc.tuple(names, index).map((parts) => parts.join("")),
      part.map((inner) => `(${inner})`),
      fc.tuple(part, part, part).map(([yes, test, no]) => `${yes} if ${test} else ${no}`),
      fc.tuple(part, part).map((items) => `[${items.join(", ")}]`),
      part.map((inner) => `{'k': ${inner}}`),
    ),
  };
}).expression;

const space = fc.constantFrom("", " ", "\n", "  \n", "\n\n ");
const open = fc.constantFrom("{%", "{%-", "{%+");
const close = fc.constantFrom("%}", "-%}", "+%}");
const shown = fc
  .tuple(
    fc.constantFrom("{{", "{{-"),
    fc.constantFrom("app", "x", "tags", "app_port", "'t'", "truth"),
    fc.constantFrom("}}", "-}}"),
  )
  .map(([left, what, right]) => `${left} ${what} ${right}`);
const block = (head: fc.Arbitrary<string>, body: fc.Arbitrary<string>, end: string) =>
  fc
    .tuple(open, head, close, body, open, close)
    .map(([a, words, b, inner, c, d]) => `${a} ${words} ${b}${inner}${c} ${end} ${d}`);

/** A template of text, expressions, statements and comments, with white space between them. */
export const templates = fc.letrec<{ template: string; piece: string }>((tie) => {
  const template = tie("template");
  return {
    template: fc
      .array(fc.tuple(space, tie("piece")), { minLength: 1, maxLength: 4 })
      .chain((pieces) => space.map((last) => pieces.flat().join("") + last)),
    piece: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("a", "b,", "[", "]", "'", "{ ", " }", "1", "True"),
      shown,
      fc
        .tuple(fc.constantFrom("{#", "{#-"), space, fc.constantFrom("#}", "-#}"))
        .map((parts) => parts.join("c")),
      block(fc.constantFrom("if truth", "if lie", "if x is defined", "if tags"), template, "endif"),
      block(fc.constantFrom("for x in tags", "for x in [1]", "for x in [] "), template, "endfor"),
      block(fc.constant("filter upper"), template, "endfilter"),
      block(fc.constant("set x"), template, "endset"),
      block(fc.constant("with x = 1"), template, "endwith"),
      block(fc.constant("raw"), fc.constantFrom("{{ x }}", " {% if %} ", " {#\n"), "endraw"),
      fc
        .tuple(open, fc.constantFrom("set x = 1", "set x = tags", "set x = 'v'"), close)
        .map((parts) => parts.join(" ")),
    ),
  };
}).template;
