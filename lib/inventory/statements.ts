// Jinja's statements: what a template makes, as text or as the list, mapping or boolean that its text looks like.

import { applyFilters, evaluate } from "./expression.ts";
import { literal } from "./literal.ts";
import { forLoop } from "./loops.ts";
import type { Expression, Macro, Parameter, Program, Statement, Target } from "./nodes.ts";
import { pythonText } from "./python-text.ts";
import {
  type Callable,
  exactText,
  held,
  isLazy,
  itemsOf,
  type Result,
  type Scope,
  TemplateError,
  truthy,
  Undefined,
  value,
} from "./results.ts";
import { Tuple, tuple, View } from "./tuple.ts";
import type { Value } from "./types.ts";

/** A scope with names of its own, which `{% set %}` gives values to. */
export interface Frame extends Scope {
  readonly names: Map<string, Result>;
}

/** What was put out so far: texts, and texts that are to stay such. */
export type Output = (string | { readonly exact: string })[];

export function frameIn(scope: Scope, names: Iterable<readonly [string, Result]> = []): Frame {
  const own = new Map(names);
  return {
    ...scope,
    names: own,
    variable: (name) => (own.has(name) ? (own.get(name) as Result) : scope.variable(name)),
  };
}

/** Value of the template. An expression alone that gives `omit` gives that. */
export function evaluateTemplate(program: Program, scope: Scope): Result {
  const [only] = program;
  if (program.length === 1 && only?.type === "output") {
    const result = evaluate(only.value, scope);
    if (result instanceof Undefined && result.omit) return result;
    const output: Output = [];
    put(result, output);
    return concatenated(output);
  }
  return captured(program, frameIn(scope));
}

/** What the statements of `program` put out, as one value. */
export function captured(program: Program, frame: Frame): Result {
  const output: Output = [];
  execute(program, frame, output);
  return concatenated(output);
}

/** Ansible's way without jinja2_native: text that looks like a list, a mapping or a boolean becomes one. */
function concatenated(output: Output): Result {
  const [only] = output;
  if (output.length === 1 && typeof only === "object") return exactText(only.exact);
  const text = output.map((piece) => (typeof piece === "string" ? piece : piece.exact)).join("");
  // Python takes spaces on a last line without end for an indentation too many.
  if (!/^(?:[[{]|(?:True|False)$)/.test(text) || /\n[ \t]+$/.test(text)) return text;
  // JSON's words count as well as Python's; comments do not.
  const python = text.replace(
    /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|#[^\n]*|(?<![\w.])(?:true|false|null)(?!\w)/g,
    (word) => (word.startsWith("#") ? "" : ({ true: "True", false: "False", null: "None" }[word] ?? word)),
  );
  const made = literal(python);
  if (made === python) return text;
  if (text.startsWith("{") && Array.isArray(made) && !(made instanceof Tuple))
    throw new TemplateError(`the template makes a set, ${text}, which inventory values can't be`);
  return made;
}

function put(result: Result, output: Output): void {
  if (isLazy(result) && result.exact === true) output.push({ exact: pythonText(result.force()) });
  else {
    const finished = value(result);
    output.push(finished === null ? "" : pythonText(finished instanceof View ? [...finished] : finished));
  }
}

export function execute(program: Program, frame: Frame, output: Output): void {
  for (const statement of program) run(statement, frame, output);
}

function run(statement: Statement, frame: Frame, output: Output): void {
  switch (statement.type) {
    case "text":
      output.push(statement.text);
      break;
    case "output":
      put(evaluate(statement.value, frame), output);
      break;
    case "if": {
      const branch = statement.branches.find(([test]) => truthy(value(evaluate(test, frame))));
      execute(branch?.[1] ?? statement.otherwise, frame, output);
      break;
    }
    case "for":
      forLoop(statement, frame, output);
      break;
    case "set":
      assign(statement.target, evaluate(statement.value, frame), frame);
      break;
    case "capture": {
      const made = captured(statement.body, frameIn(frame));
      const result = statement.filter === undefined ? made : applyFilters(statement.filter, made, frame);
      assign(statement.target, result, frame);
      break;
    }
    case "macro":
      frame.names.set(statement.name, macro(statement, frame));
      break;
    case "call": {
      const { call, parameters, body } = statement;
      const caller = macro({ type: "macro", name: "caller", parameters, body }, frame);
      const named = [...call.args.named, ["caller", { type: "name", name: "caller" }]] as const;
      const inner = frameIn(frame, [["caller", caller]]);
      put(evaluate({ ...call, args: { ...call.args, named } } as Expression, inner), output);
      break;
    }
    case "filter":
      put(applyFilters(statement.filter, captured(statement.body, frameIn(frame)), frame), output);
      break;
    case "with": {
      const inner = frameIn(frame);
      const values = statement.values.map(([, node]) => evaluate(node, frame));
      for (const [index, [target]] of statement.values.entries())
        assign(target, values[index] as Result, inner);
      execute(statement.body, inner, output);
    }
  }
}

/** Gives the names of `target` their values. */
export function assign(target: Target, result: Result, frame: Frame): void {
  if (target.type === "name") frame.names.set(target.name, result);
  else if (target.type === "tuple") {
    const items = itemsOf(value(result));
    if (items.length !== target.items.length)
      throw new TemplateError(`${target.items.length} names, but ${items.length} values to set them to`);
    for (const [index, each] of target.items.entries()) assign(each, items[index] as Value, frame);
  } else {
    const owner = frame.variable(target.of);
    if (!isLazy(owner) || owner.set === undefined)
      throw new TemplateError(`${target.of} is no namespace(): its members can't be set`);
    owner.set(target.name, result);
  }
}

function macro({ name, parameters, body }: Macro, frame: Frame): Callable {
  const known = new Set(parameters.map((parameter) => parameter.name));
  const uses = (word: string) => JSON.stringify(body).includes(`"name":"${word}"`);
  const callable: Callable = (args, named) => {
    const inner = frameIn(frame);
    for (const [index, parameter] of parameters.entries())
      inner.names.set(parameter.name, argument(parameter, args[index], named, inner));
    const { caller, ...more } = named;
    const extra = Object.keys(more).filter((each) => !known.has(each));
    if (caller !== undefined && !known.has("caller")) inner.names.set("caller", caller);
    if (uses("varargs")) inner.names.set("varargs", tuple(args.slice(parameters.length)));
    else if (args.length > parameters.length)
      throw new TemplateError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    if (uses("kwargs"))
      inner.names.set("kwargs", Object.fromEntries(extra.map((each) => [each, more[each] as Value])));
    else if (extra.length > 0) throw new TemplateError(`macro '${name}' takes no argument '${extra[0]}'`);
    return captured(body, inner);
  };
  return Object.assign(callable, { lenient: true as const });
}

function argument(
  { name, fallback }: Parameter,
  given: Value | undefined,
  named: Readonly<Record<string, Value>>,
  inner: Frame,
): Result {
  const found = given ?? (Object.hasOwn(named, name) ? named[name] : undefined);
  if (found !== undefined) return found;
  return fallback === undefined ? new Undefined(name) : held(evaluate(fallback, inner));
}
