// Jinja expressions evaluated as Ansible does: what a name means comes from a `Scope`, filters from their own files.
// The parser is @huggingface/jinja's; its evaluator is for chat prompts: no laziness, no strict undefined, no floats.

import { binary, compare, unary } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import {
  isLazy,
  itemsOf,
  memberOf,
  present,
  type Result,
  type Scope,
  TemplateError,
  truthy,
  Undefined,
  UndefinedError,
  value,
} from "./results.ts";
import { float } from "./scalars.ts";
import type { Value } from "./types.ts";

/** Shape of the parser's nodes; which fields there are depends on `type`. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** @throws UndefinedError, TemplateError */
export function evaluate(node: Node, scope: Scope): Result {
  switch (node.type) {
    case "StringLiteral":
    case "IntegerLiteral":
      return node.value as Value;
    case "FloatLiteral":
      return float(node.value as number);
    case "ArrayLiteral":
    case "TupleLiteral":
      return (node.value as Node[]).map((item) => value(evaluate(item, scope)));
    case "ObjectLiteral":
      return Object.fromEntries(
        [...(node.value as Map<Node, Node>)].map(([key, item]) => [
          pythonText(value(evaluate(key, scope))),
          value(evaluate(item, scope)),
        ]),
      );
    case "Identifier":
      return identifier(String(node.value), scope);
    case "MemberExpression":
      return member(node, scope);
    case "CallExpression":
      return call(node, scope);
    case "FilterExpression":
      return filter(node, scope);
    case "TestExpression":
      return (
        scope.test(String(child(node, "test").value), evaluate(child(node, "operand"), scope), []) !==
        node.negate
      );
    case "UnaryExpression":
      return unary(operator(node), value(evaluate(child(node, "argument"), scope)));
    case "BinaryExpression":
      return binaryExpression(node, scope);
    case "Ternary":
      return evaluate(
        child(node, truthy(value(evaluate(child(node, "condition"), scope))) ? "trueExpr" : "falseExpr"),
        scope,
      );
    case "SelectExpression":
      if (truthy(value(evaluate(child(node, "test"), scope)))) return evaluate(child(node, "lhs"), scope);
      return new Undefined("the value of an 'if' without 'else'");
    default:
      throw new TemplateError(`${node.type} is not supported in inventory values`);
  }
}

function identifier(name: string, scope: Scope): Result {
  if (name === "true" || name === "True") return true;
  if (name === "false" || name === "False") return false;
  if (name === "none" || name === "None") return null;
  return scope.variable(name);
}

function member(node: Node, scope: Scope): Result {
  const target = evaluate(child(node, "object"), scope);
  const property = child(node, "property");
  if (property.type === "SliceExpression") return slice(value(target), property, scope);
  const key = node.computed === true ? value(evaluate(property, scope)) : (property.value as Value);
  if (target instanceof Undefined) return new Undefined(`${target.path}.${pythonText(key)}`);
  if (isLazy(target)) return target.member(key);
  const plain = value(target);
  const found = memberOf(plain, key);
  if (found !== undefined) return found;
  const method = node.computed === true ? undefined : scope.method(plain, String(key));
  return method ?? new Undefined(pathOf(node));
}

function slice(target: Value, node: Node, scope: Scope): Value {
  const part = (name: string) => {
    const bound = node[name] === undefined ? undefined : Number(value(evaluate(child(node, name), scope)));
    return bound;
  };
  const [start, stop, step = 1] = [part("start"), part("stop"), part("step")];
  if (typeof target !== "string" && !Array.isArray(target))
    throw new TemplateError("only texts and lists have slices");
  const all: Value[] = typeof target === "string" ? [...target] : [...target];
  if (step < 0) all.reverse();
  // With a negative step Python counts the bounds in the original order; mirrored, they are these.
  const mirror = (bound: number | undefined) =>
    bound === undefined || step > 0 ? bound : bound < 0 ? -bound - 1 : all.length - 1 - bound;
  const picked = all
    .slice(mirror(start), mirror(stop))
    .filter((_item, index) => index % Math.abs(step) === 0);
  return typeof target === "string" ? picked.join("") : picked;
}

function call(node: Node, scope: Scope): Result {
  const callee = evaluate(child(node, "callee"), scope);
  if (callee instanceof Undefined) throw new UndefinedError(callee.path);
  if (typeof callee !== "function")
    throw new TemplateError(`${pathOf(child(node, "callee"))} can't be called`);
  const { args, named } = argumentsOf(node.args as Node[], scope);
  present(args, named);
  return callee(args, named);
}

function filter(node: Node, scope: Scope): Result {
  const spec = child(node, "filter");
  const name = String((spec.type === "CallExpression" ? child(spec, "callee") : spec).value);
  const { args, named } = argumentsOf(spec.type === "CallExpression" ? (spec.args as Node[]) : [], scope);
  const input = evaluate(child(node, "operand"), scope);
  // `x is match('a')` arrives as a filter: the parser knows only tests without arguments.
  const test = /^is_(not_)?test_(\w+)$/.exec(name);
  if (name !== "default" && name !== "d") present(args, named);
  if (test?.[2] !== undefined) return scope.test(test[2], input, args) === (test[1] === undefined);
  return scope.filter(name, input, args, named);
}

function argumentsOf(nodes: readonly Node[], scope: Scope) {
  const args: Value[] = [];
  const named: Record<string, Value> = {};
  for (const node of nodes) {
    if (node.type === "KeywordArgumentExpression")
      named[String(child(node, "key").value)] = argument(child(node, "value"), scope);
    else if (node.type === "SpreadExpression")
      args.push(...itemsOf(value(evaluate(child(node, "argument"), scope))));
    else args.push(argument(node, scope));
  }
  return { args, named };
}

/** What is missing may be handed to `default`, as its fallback; all others refuse it, see {@link present}. */
function argument(node: Node, scope: Scope): Value {
  const result = evaluate(node, scope);
  return result instanceof Undefined ? (result as unknown as Value) : value(result);
}

function binaryExpression(node: Node, scope: Scope): Value {
  const left = value(evaluate(child(node, "left"), scope));
  const right = () => value(evaluate(child(node, "right"), scope));
  const sign = operator(node);
  if (sign === "and") return truthy(left) ? right() : left;
  if (sign === "or") return truthy(left) ? left : right();
  return compare(sign, left, right) ?? binary(sign, left, right());
}

export function child(node: Node, field: string): Node {
  return node[field] as Node;
}

function operator(node: Node): string {
  return (node.operator as { value: string }).value;
}

function pathOf(node: Node): string {
  if (node.type === "Identifier" || node.type === "StringLiteral" || node.type === "IntegerLiteral")
    return String(node.value);
  if (node.type === "MemberExpression")
    return `${pathOf(child(node, "object"))}.${pathOf(child(node, "property"))}`;
  return "…";
}
