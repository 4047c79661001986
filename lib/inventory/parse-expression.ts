// Jinja's expressions: tokens → nodes, with Jinja's own precedence (a filter binds tighter than any sign).

import type { Arguments, Expression, Filter } from "./nodes.ts";
import { isToken, type Reader } from "./reader.ts";
import { float, integer } from "./scalars.ts";
import { stringOf, trouble } from "./syntax.ts";

const WORDS: Readonly<Record<string, boolean | null>> = {
  ...{ true: true, True: true, false: false, False: false, none: null, None: null },
};

/** `a`, or `a, b` as a tuple; `until` is the word that ends it besides `)`, `}}` and `%}`. */
export function parseTuple(reader: Reader, { ternary = true, until = "", empty = false } = {}): Expression {
  const items: Expression[] = [];
  let tuple = false;
  const ends = () =>
    reader.peek().type === "close" ||
    isToken(reader.peek(), ")") ||
    (until !== "" && isToken(reader.peek(), until));
  while (!ends()) {
    items.push(ternary ? parseExpression(reader) : parseOr(reader));
    if (!reader.skip(",")) break;
    tuple = true;
  }
  const [only] = items;
  if (only !== undefined && !tuple) return only;
  if (only === undefined && !empty) throw reader.fail("expected an expression");
  return { type: "tuple", items };
}

export function parseExpression(reader: Reader): Expression {
  let yes = parseOr(reader);
  while (reader.skip("if")) {
    const test = parseOr(reader);
    yes = { type: "if", test, yes, no: reader.skip("else") ? parseExpression(reader) : undefined };
  }
  return yes;
}

type Rule = (reader: Reader) => Expression;

/** Signs of one precedence, from left to right. */
function chain(below: Rule, signs: readonly string[]): Rule {
  return (reader) => {
    let left = below(reader);
    while (signs.some((sign) => isToken(reader.peek(), sign)))
      left = { type: "binary", sign: reader.take().text, left, right: below(reader) };
    return left;
  };
}

const parsePower = chain((reader) => parseUnary(reader), ["**"]);
const parseProduct = chain(parsePower, ["*", "/", "//", "%"]);
const parseSum = chain(parseJoin, ["+", "-"]);
const parseAnd = chain(parseNot, ["and"]);
const parseOr = chain(parseAnd, ["or"]);

function parseNot(reader: Reader): Expression {
  return reader.skip("not") ? { type: "unary", sign: "not", of: parseNot(reader) } : parseComparison(reader);
}

/** `a < b < c` compares both pairs. */
function parseComparison(reader: Reader): Expression {
  const left = parseSum(reader);
  const rest: [string, Expression][] = [];
  for (;;) {
    if (isToken(reader.peek(), "not") && isToken(reader.peek(1), "in")) {
      reader.take();
      reader.take();
      rest.push(["not in", parseSum(reader)]);
    } else if (["==", "!=", "<", "<=", ">", ">=", "in"].some((sign) => isToken(reader.peek(), sign)))
      rest.push([reader.take().text, parseSum(reader)]);
    else return rest.length === 0 ? left : { type: "compare", left, rest };
  }
}

function parseJoin(reader: Reader): Expression {
  const items = [parseProduct(reader)];
  while (reader.skip("~")) items.push(parseProduct(reader));
  return items.length === 1 ? (items[0] as Expression) : { type: "join", items };
}

function parseUnary(reader: Reader, { filters = true } = {}): Expression {
  let node: Expression;
  if (reader.skip("-")) node = { type: "unary", sign: "-", of: parseUnary(reader, { filters: false }) };
  else if (reader.skip("+")) node = { type: "unary", sign: "+", of: parseUnary(reader, { filters: false }) };
  else node = parsePrimary(reader);
  node = parsePostfix(reader, node);
  if (!filters) return node;
  for (;;) {
    if (reader.skip("|")) node = parseFilter(reader, node);
    else if (reader.skip("is")) node = parseTest(reader, node);
    else if (isToken(reader.peek(), "(")) node = { type: "call", of: node, args: parseArguments(reader) };
    else return node;
  }
}

export function parsePrimary(reader: Reader): Expression {
  const token = reader.take();
  const digits = token.text.replaceAll("_", "");
  switch (token.type) {
    case "name":
      return Object.hasOwn(WORDS, token.text)
        ? { type: "constant", value: WORDS[token.text] ?? null }
        : { type: "name", name: token.text };
    case "string": {
      let value = stringOf(token);
      while (reader.peek().type === "string") value += stringOf(reader.take());
      return { type: "constant", value };
    }
    case "float":
      return { type: "constant", value: float(Number(digits)) };
    case "integer": {
      const radix = ({ x: 16, o: 8, b: 2 } as const)[digits[1]?.toLowerCase() ?? ""] ?? 10;
      return { type: "constant", value: integer(radix === 10 ? digits : digits.slice(2), radix) };
    }
  }
  if (token.type === "sign" && token.text === "(") {
    const inside = parseTuple(reader, { empty: true });
    reader.expect(")");
    return inside;
  }
  if (token.type === "sign" && token.text === "[")
    return { type: "list", items: separated(reader, "]", () => parseExpression(reader)) };
  if (token.type === "sign" && token.text === "{") {
    const entry = () => {
      const key = parseExpression(reader);
      reader.expect(":");
      return [key, parseExpression(reader)] as const;
    };
    return { type: "mapping", entries: separated(reader, "}", entry) };
  }
  throw trouble(reader.source, token.at, `unexpected ${token.text || "end of the template"}`);
}

function separated<T>(reader: Reader, close: string, parse: () => T): T[] {
  const items: T[] = [];
  while (!isToken(reader.peek(), close)) {
    if (items.length > 0) reader.expect(",");
    if (isToken(reader.peek(), close)) break;
    items.push(parse());
  }
  reader.expect(close);
  return items;
}

export function parsePostfix(reader: Reader, start: Expression): Expression {
  let of = start;
  for (;;) {
    if (reader.skip(".")) {
      const { type, text } = reader.take();
      if (type === "name") of = { type: "attribute", of, name: text };
      else if (type === "integer") of = { type: "item", of, key: { type: "constant", value: Number(text) } };
      else throw reader.fail("expected a name or a number after the point");
    } else if (reader.skip("[")) of = parseSubscript(reader, of);
    else if (isToken(reader.peek(), "(")) of = { type: "call", of, args: parseArguments(reader) };
    else return of;
  }
}

function parseSubscript(reader: Reader, of: Expression): Expression {
  const bound = () =>
    isToken(reader.peek(), ":") || isToken(reader.peek(), "]") ? undefined : parseExpression(reader);
  const bounds = [bound()];
  while (bounds.length < 3 && reader.skip(":")) bounds.push(bound());
  const [key] = bounds;
  if (bounds.length === 1 && key !== undefined && isToken(reader.peek(), ","))
    throw reader.fail("a subscript of several parts");
  reader.expect("]");
  if (bounds.length > 1) return { type: "slice", of, bounds };
  if (key === undefined) throw reader.fail("expected an expression between [ and ]");
  return { type: "item", of, key };
}

/** After `|`, or at the head of `{% filter %}` and `{% set name | filter %}`, where `of` is undefined. */
export function parseFilter(reader: Reader, of: Expression | undefined): Filter {
  const name = dotted(reader);
  const args = isToken(reader.peek(), "(") ? parseArguments(reader) : { items: [], named: [] };
  return { type: "filter", of, name, args };
}

/** `ansible.builtin.` in front of a name goes without saying. */
function dotted(reader: Reader): string {
  let name = reader.name();
  while (reader.skip(".")) name += `.${reader.name()}`;
  return name.replace(/^ansible\.(?:builtin|legacy)\./, "");
}

function parseTest(reader: Reader, of: Expression): Expression {
  const negated = reader.skip("not");
  const name = dotted(reader);
  let args: Arguments = { items: [], named: [] };
  const { type, text } = reader.peek();
  if (isToken(reader.peek(), "(")) args = parseArguments(reader);
  else if (
    (/^(?:name|string|integer|float)$/.test(type) || (type === "sign" && /^[[{]$/.test(text))) &&
    !["else", "or", "and"].some((word) => isToken(reader.peek(), word))
  ) {
    if (isToken(reader.peek(), "is")) throw reader.fail("a test of a test");
    args = { items: [parsePostfix(reader, parsePrimary(reader))], named: [] };
  }
  const test: Expression = { type: "test", of, name, args };
  return negated ? { type: "unary", sign: "not", of: test } : test;
}

export function parseArguments(reader: Reader): Arguments {
  reader.expect("(");
  const items: Expression[] = [];
  const named: [string, Expression][] = [];
  let [spread, namedSpread]: (Expression | undefined)[] = [];
  separated(reader, ")", () => {
    if (reader.skip("*")) spread = parseExpression(reader);
    else if (reader.skip("**")) namedSpread = parseExpression(reader);
    else if (reader.peek().type === "name" && isToken(reader.peek(1), "=")) {
      const name = reader.name();
      reader.take();
      named.push([name, parseExpression(reader)]);
    } else if (named.length > 0) throw reader.fail("an argument without a name after one with a name");
    else items.push(parseExpression(reader));
  });
  return { items, named, spread, namedSpread };
}
