// Jinja expressions evaluated as Ansible does: what a name means comes from a `Scope`, filters from their own files.

import { setEntry } from "./keys.ts";
import { jsonKey } from "./literal.ts";
import type { Arguments, Call, Expression, Filter } from "./nodes.ts";
import { binary, compare, contains, keyOf, unary } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import {
  type Callable,
  held,
  isLazy,
  itemsOf,
  keysOf,
  type Lazy,
  memberOf,
  type Result,
  type Scope,
  TemplateError,
  truthy,
  Undefined,
  value,
} from "./results.ts";
import { isMapping } from "./scalars.ts";
import { tuple, View, view } from "./tuple.ts";
import type { Value } from "./types.ts";

/** @throws UndefinedError, TemplateError */
export function evaluate(node: Expression, scope: Scope): Result {
  switch (node.type) {
    case "constant":
      return node.value;
    case "name":
      return scope.variable(node.name);
    case "list":
      return node.items.map((item) => held(evaluate(item, scope)));
    case "tuple":
      return tuple(node.items.map((item) => held(evaluate(item, scope))));
    case "mapping": {
      const made: Record<string, Value> = {};
      for (const [key, item] of node.entries) {
        const name = value(evaluate(key, scope));
        setEntry(made, jsonKey(name), held(evaluate(item, scope)), name);
      }
      return made;
    }
    case "attribute":
      return attribute(evaluate(node.of, scope), node.name, node, scope);
    case "item":
      return item(evaluate(node.of, scope), value(evaluate(node.key, scope)), node, scope);
    case "slice":
      return slice(
        value(evaluate(node.of, scope)),
        node.bounds.map((bound) => (bound === undefined ? null : value(evaluate(bound, scope)))),
      );
    case "call":
      return call(node, scope);
    case "filter":
      return filter(node, null, scope);
    case "test": {
      const { args, named } = argumentsOf(node.args, scope);
      return scope.test(node.name, evaluate(node.of, scope), args, named);
    }
    case "unary":
      return unary(node.sign, value(evaluate(node.of, scope)));
    case "join":
      return node.items.map((item) => pythonText(value(evaluate(item, scope)))).join("");
    case "binary":
      return signed(node.sign, evaluate(node.left, scope), () => evaluate(node.right, scope));
    case "compare":
      return compared(node, scope);
    case "if":
      if (truthy(value(evaluate(node.test, scope)))) return evaluate(node.yes, scope);
      return node.no === undefined
        ? new Undefined("the value of an 'if' without 'else'", { soft: true })
        : evaluate(node.no, scope);
  }
}

/** The filters of `{% filter a | b %}`, whose first is applied to `input`. */
export function applyFilters(node: Filter, input: Result, scope: Scope): Result {
  return filter(node, input, scope);
}

function filter({ of, name, args }: Filter, block: Result, scope: Scope): Result {
  // The filter at the head of a block has no operand; those after it have it somewhere below them.
  const input =
    of === undefined ? block : of.type === "filter" ? filter(of, block, scope) : evaluate(of, scope);
  const given = argumentsOf(args, scope);
  return scope.filter(name, input, given.args, given.named);
}

function signed(sign: string, left: Result, right: () => Result): Result {
  if (sign === "and") return truthy(value(left)) ? right() : left;
  if (sign === "or") return truthy(value(left)) ? left : right();
  return binary(sign, value(left), value(right()));
}

/** `a < b < c`: up to the first pair that isn't so. */
function compared({ left, rest }: Extract<Expression, { type: "compare" }>, scope: Scope): boolean {
  let before = evaluate(left, scope);
  for (const [sign, node] of rest) {
    const after = evaluate(node, scope);
    // Whether hostvars has a host must not render the vars of all of them.
    const keys = /in$/.test(sign) && isLazy(after) ? after.keys?.() : undefined;
    const holds =
      keys === undefined
        ? compare(sign, value(before), value(after))
        : contains(keys, keyOf(value(before))) === (sign === "in");
    if (!holds) return false;
    before = after;
  }
  return true;
}

/** `target.name`: a method before an entry of that name, as Python's attributes go. */
function attribute(target: Result, name: string, node: Expression, scope: Scope): Result {
  if (target instanceof Undefined) return below(target, name);
  if (isLazy(target) && target.exact !== true) {
    return lazyMethod(target, name, scope) ?? target.member(name);
  }
  const plain = value(target);
  return scope.method(plain, name) ?? memberOf(plain, name) ?? new Undefined(pathOf(node));
}

/** `target[key]`: an entry before a method. */
function item(target: Result, key: Value, node: Expression, scope: Scope): Result {
  if (target instanceof Undefined) return below(target, pythonText(key));
  if (isLazy(target) && target.exact !== true) return target.member(key);
  const plain = value(target);
  const method = typeof key === "string" ? scope.method(plain, key) : undefined;
  return memberOf(plain, key) ?? method ?? new Undefined(pathOf(node));
}

function below(target: Undefined, name: string): Undefined {
  return target.links.length > 0 ? target : new Undefined(`${target.path}.${name}`);
}

/** `hostvars.keys()` and `cfg.get('port', 80)` render no more than they need. */
function lazyMethod(target: Lazy, name: string, scope: Scope): Callable | undefined {
  const keys = target.keys?.();
  if (keys === undefined) return undefined;
  if (name === "keys") return () => view("keys", keys);
  if (name === "get")
    return ([key = null, fallback = null]) => (contains(keys, key) ? target.member(key) : fallback);
  const known = target.dict === true || name === "items" || name === "values";
  if (!known || scope.method({}, name) === undefined) return undefined;
  return (args, named) => scope.method(target.force(), name)?.(args, named) ?? null;
}

function slice(target: Value, bounds: readonly (Value | undefined)[]): Value {
  if ((typeof target !== "string" && !Array.isArray(target)) || target instanceof View)
    throw new TemplateError("only texts and lists have slices");
  const [start, stop, by = null] = bounds.map((bound) => {
    if (bound === null || bound === undefined) return undefined;
    if (typeof bound !== "number") throw new TemplateError("the bounds of a slice must be whole numbers");
    return bound;
  });
  const step = by ?? 1;
  if (step === 0) throw new TemplateError("the step of a slice can't be 0");
  const all: Value[] = [...target];
  if (step < 0) all.reverse();
  // With a negative step Python counts the bounds in the original order; mirrored, they are these.
  const mirror = (bound: number | undefined) => {
    if (bound === undefined || step > 0) return bound;
    return bound < 0 ? -bound - 1 : Math.max(0, all.length - 1 - bound);
  };
  const picked = all
    .slice(mirror(start), mirror(stop))
    .filter((_item, index) => index % Math.abs(step) === 0);
  if (typeof target === "string") return picked.join("");
  return Array.isArray(target) && target.constructor !== Array ? tuple(picked) : picked;
}

function call(node: Call, scope: Scope): Result {
  const callee = evaluate(node.of, scope);
  if (typeof callee !== "function") {
    value(callee);
    throw new TemplateError(`${pathOf(node.of)} can't be called`);
  }
  const { args, named } = argumentsOf(node.args, scope);
  const give = callee.lenient === true ? held : value;
  return callee(
    args.map(give),
    Object.fromEntries(Object.entries(named).map(([name, each]) => [name, give(each)])),
  );
}

function argumentsOf(given: Arguments, scope: Scope) {
  const args = given.items.map((node) => evaluate(node, scope));
  const named: Record<string, Result> = {};
  for (const [name, node] of given.named) named[name] = evaluate(node, scope);
  if (given.spread !== undefined) args.push(...itemsOf(value(evaluate(given.spread, scope))));
  if (given.namedSpread !== undefined) {
    const more = value(evaluate(given.namedSpread, scope));
    if (!isMapping(more)) throw new TemplateError("** wants a mapping");
    for (const key of keysOf(more)) named[pythonText(key)] = memberOf(more, key) ?? null;
  }
  return { args, named };
}

function pathOf(node: Expression): string {
  if (node.type === "name") return node.name;
  if (node.type === "constant") return pythonText(node.value);
  if (node.type === "attribute") return `${pathOf(node.of)}.${node.name}`;
  return node.type === "item" ? `${pathOf(node.of)}.${pathOf(node.key)}` : "…";
}
