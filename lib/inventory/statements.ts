// Whole templates: text, {{ expressions }}, and the statements if, for and set.

import { parse, tokenize } from "@huggingface/jinja";
import { child, evaluate, type Node } from "./expression.ts";
import { pythonText } from "./python-text.ts";
import { itemsOf, type Scope, TemplateError, truthy, Undefined, value } from "./results.ts";
import { fixTokens, protectBackslashes } from "./syntax.ts";
import type { Value } from "./types.ts";

export type Program = readonly Node[];

/** @throws TemplateError when `text` is no Jinja template we can read */
export function parseTemplate(text: string): Program {
  try {
    return parse(fixTokens(tokenize(protectBackslashes(text)))).body as unknown as Program;
  } catch (error) {
    throw new TemplateError(`not a template: ${(error as Error).message}`);
  }
}

/** Value of the template: of its one expression where there is no text around it, else the text it makes. */
export function evaluateTemplate(program: Program, scope: Scope): Value | Undefined {
  const [only, ...others] = program.filter((node) => node.type !== "Comment");
  if (only === undefined) return "";
  if (others.length === 0 && !STATEMENTS.has(only.type)) {
    const result = evaluate(only, scope);
    return result instanceof Undefined && result.omit ? result : value(result);
  }
  return text(program, scope);
}

const STATEMENTS = new Set([
  "If",
  "For",
  "Set",
  "Macro",
  "CallStatement",
  "FilterStatement",
  "Break",
  "Continue",
]);

function text(nodes: readonly Node[], scope: Scope): string {
  let out = "";
  let inner = scope;
  for (const node of nodes) {
    if (node.type === "Comment") continue;
    if (node.type === "If")
      out += text(
        (truthy(value(evaluate(child(node, "test"), inner))) ? node.body : node.alternate) as Node[],
        inner,
      );
    else if (node.type === "For") out += loop(node, inner);
    else if (node.type === "Set")
      inner = withNames(inner, names(child(node, "assignee")), [
        value(evaluate(child(node, "value"), inner)),
      ]);
    else if (STATEMENTS.has(node.type))
      throw new TemplateError(
        `the statement {% ${node.type.toLowerCase()} %} is not supported in inventory values`,
      );
    else {
      const result = value(evaluate(node, inner));
      out += result === null ? "" : pythonText(result);
    }
  }
  return out;
}

function loop(node: Node, scope: Scope): string {
  const over = child(node, "iterable");
  const filtered = over.type === "SelectExpression";
  const items = itemsOf(value(evaluate(filtered ? child(over, "lhs") : over, scope)));
  const targets = names(child(node, "loopvar"));
  const scopes = items.map((item) =>
    withNames(scope, targets, targets.length === 1 ? [item] : itemsOf(item)),
  );
  const kept = filtered
    ? scopes.filter((each) => truthy(value(evaluate(child(over, "test"), each))))
    : scopes;
  if (kept.length === 0) return text(node.defaultBlock as Node[], scope);
  return kept
    .map((each, index) => {
      const info = {
        index: index + 1,
        index0: index,
        first: index === 0,
        last: index === kept.length - 1,
        length: kept.length,
      };
      return text(node.body as Node[], withNames(each, ["loop"], [info]));
    })
    .join("");
}

function withNames(scope: Scope, targets: readonly string[], values: readonly Value[]): Scope {
  const known = new Map(targets.map((name, index) => [name, values[index] ?? null]));
  return {
    ...scope,
    variable: (name) => (known.has(name) ? (known.get(name) ?? null) : scope.variable(name)),
  };
}

function names(node: Node): string[] {
  if (node.type === "Identifier") return [String(node.value)];
  if (node.type === "TupleLiteral") return (node.value as Node[]).flatMap(names);
  throw new TemplateError("only names can be set");
}
