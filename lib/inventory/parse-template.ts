// Jinja's templates: text, {{ expressions }} and {% statements %} → nodes.

import type { Expression, Filter, Parameter, Program, Statement, Target } from "./nodes.ts";
import { parseExpression, parseFilter, parsePrimary, parseTuple } from "./parse-expression.ts";
import { createReader, isToken, type Reader } from "./reader.ts";
import { TemplateError } from "./results.ts";
import { doubleBackslashes, tokenize } from "./syntax.ts";

/** @throws TemplateError where Jinja has a syntax error, or a statement that inventory values can't have */
export function parseTemplate(source: string): Program {
  const text = doubleBackslashes(source);
  const reader = createReader(text, tokenize(text));
  const program = parseBody(reader, []);
  if (reader.peek().type !== "end") throw reader.fail();
  return program;
}

/** Nodes up to `{%` and one of the words in `ends`, which come next; with no ends, up to the end. */
function parseBody(reader: Reader, ends: readonly string[]): Program {
  const body: Statement[] = [];
  for (;;) {
    const { type, text } = reader.peek();
    if (type === "end") {
      if (ends.length > 0) throw reader.fail(`expected {% ${ends.join(" %} or {% ")} %}`);
      return body;
    }
    reader.take();
    if (type === "text") body.push({ type: "text", text });
    else if (text === "{{") {
      body.push({ type: "output", value: parseTuple(reader) });
      reader.expect("}}");
    } else {
      if (ends.includes(reader.peek().text)) return body;
      body.push(...parseStatement(reader));
    }
  }
}

/** A body with its end, `{% endif %}`. */
function parseBlock(reader: Reader, end: string): Program {
  reader.expect("%}");
  const body = parseBody(reader, [end]);
  reader.expect(end);
  reader.expect("%}");
  return body;
}

function parseStatement(reader: Reader): readonly Statement[] {
  const at = reader.peek();
  const word = reader.name();
  switch (word) {
    case "if":
      return [parseIf(reader)];
    case "for":
      return [parseFor(reader)];
    case "set":
      return [parseSet(reader)];
    case "print":
      return parsePrint(reader);
    case "macro": {
      const name = reader.name();
      const parameters = parseParameters(reader);
      return [{ type: "macro", name, parameters, body: parseBlock(reader, "endmacro") }];
    }
    case "call": {
      const parameters = isToken(reader.peek(), "(") ? parseParameters(reader) : [];
      const call = parseExpression(reader);
      if (call.type !== "call") throw reader.fail("{% call %} wants a call");
      return [{ type: "call", call, parameters, body: parseBlock(reader, "endcall") }];
    }
    case "filter":
      return [
        {
          type: "filter",
          filter: parseFilters(reader, parseFilter(reader, undefined)),
          body: parseBlock(reader, "endfilter"),
        },
      ];
    case "with": {
      const values: [Target, Expression][] = [];
      while (!isToken(reader.peek(), "%}")) {
        if (values.length > 0) reader.expect(",");
        const target = targetOf(parsePrimary(reader), reader);
        reader.expect("=");
        values.push([target, parseExpression(reader)]);
      }
      return [{ type: "with", values, body: parseBlock(reader, "endwith") }];
    }
    case "include":
    case "import":
    case "from":
    case "extends":
    case "block":
    case "autoescape":
      throw new TemplateError(`the statement {% ${word} %} is not supported in inventory values`);
    default:
      throw new TemplateError(`not a template: there is no statement {% ${at.text} %}`);
  }
}

function parsePrint(reader: Reader): readonly Statement[] {
  const values = [parseExpression(reader)];
  while (reader.skip(",")) values.push(parseExpression(reader));
  reader.expect("%}");
  return values.map((value) => ({ type: "output", value }));
}

function parseIf(reader: Reader): Statement {
  const branches: [Expression, Program][] = [];
  let otherwise: Program = [];
  for (;;) {
    const test = parseTuple(reader, { ternary: false });
    reader.expect("%}");
    branches.push([test, parseBody(reader, ["elif", "else", "endif"])]);
    if (reader.skip("elif")) continue;
    if (reader.skip("else")) otherwise = parseBlock(reader, "endif");
    else {
      reader.expect("endif");
      reader.expect("%}");
    }
    return { type: "if", branches, otherwise };
  }
}

function parseFor(reader: Reader): Statement {
  const target = targetOf(parseTargets(reader, "in"), reader);
  reader.expect("in");
  const over = parseTuple(reader, { ternary: false, until: "recursive" });
  const test = reader.skip("if") ? parseExpression(reader) : undefined;
  const recursive = reader.skip("recursive");
  reader.expect("%}");
  const body = parseBody(reader, ["else", "endfor"]);
  let otherwise: Program = [];
  if (reader.skip("else")) otherwise = parseBlock(reader, "endfor");
  else {
    reader.expect("endfor");
    reader.expect("%}");
  }
  return { type: "for", target, over, test, recursive, body, otherwise };
}

function parseSet(reader: Reader): Statement {
  const target = parseSetTarget(reader);
  if (reader.skip("=")) {
    const value = parseTuple(reader);
    reader.expect("%}");
    return { type: "set", target, value };
  }
  const filter = reader.skip("|") ? parseFilters(reader, parseFilter(reader, undefined)) : undefined;
  return { type: "capture", target, filter, body: parseBlock(reader, "endset") };
}

function parseSetTarget(reader: Reader): Target {
  if (!isToken(reader.peek(1), ".")) return targetOf(parseTargets(reader, "="), reader);
  const of = reader.name();
  reader.take();
  return { type: "member", of, name: reader.name() };
}

/** More filters after the first: `{% filter upper | trim %}`. */
function parseFilters(reader: Reader, first: Filter): Filter {
  let filter = first;
  while (reader.skip("|")) filter = parseFilter(reader, filter);
  return filter;
}

/** `a, b` up to the word that ends it. */
function parseTargets(reader: Reader, end: string): Expression {
  const items = [parsePrimary(reader)];
  let tuple = false;
  while (reader.skip(",")) {
    tuple = true;
    if (isToken(reader.peek(), end)) break;
    items.push(parsePrimary(reader));
  }
  return tuple ? { type: "tuple", items } : (items[0] as Expression);
}

function targetOf(node: Expression, reader: Reader): Target {
  if (node.type === "name") return { type: "name", name: node.name };
  if (node.type === "tuple")
    return { type: "tuple", items: node.items.map((item) => targetOf(item, reader)) };
  throw reader.fail("only names can be set");
}

function parseParameters(reader: Reader): Parameter[] {
  const parameters: Parameter[] = [];
  reader.expect("(");
  while (!reader.skip(")")) {
    if (parameters.length > 0) reader.expect(",");
    const name = reader.name();
    const fallback = reader.skip("=") ? parseExpression(reader) : undefined;
    if (fallback === undefined && parameters.at(-1)?.fallback !== undefined)
      throw reader.fail(`the parameter ${name} has no default, but one before it has`);
    parameters.push({ name, fallback });
  }
  return parameters;
}
