// Jinja's tests (`is defined`, `is match('^web')`) and the Python methods templates use (`name.split('.')`).

import { replaceText, splitText, strip } from "./filters.ts";
import { contains, equal, ordering } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import { pythonRegExp } from "./regex.ts";
import { type Callable, itemsOf, memberOf, TemplateError, truthy } from "./results.ts";
import { isFloat, isMapping } from "./scalars.ts";
import type { Value } from "./types.ts";

type Test = (input: Value, args: readonly Value[]) => boolean;

const number = (input: Value) =>
  typeof input === "number" || typeof input === "bigint" || input instanceof Number;
const first = (args: readonly Value[]) => args[0] ?? null;
const regExp = (pattern: string) => (input: Value, args: readonly Value[]) => {
  try {
    return pythonRegExp(pattern.replace("%", () => pythonText(first(args)))).test(pythonText(input));
  } catch (error) {
    throw new TemplateError(`not a regular expression: ${(error as Error).message}`);
  }
};

/** Tests of a value that is there; `defined` and `undefined` are answered before. */
const TESTS: Readonly<Record<string, Test>> = {
  none: (input) => input === null,
  string: (input) => typeof input === "string",
  number,
  integer: (input) => number(input) && !isFloat(input),
  float: isFloat,
  boolean: (input) => typeof input === "boolean",
  mapping: isMapping,
  sequence: (input) => typeof input === "string" || Array.isArray(input) || isMapping(input),
  iterable: (input) => typeof input === "string" || Array.isArray(input) || isMapping(input),
  true: (input) => input === true,
  false: (input) => input === false,
  truthy: (input) => truthy(input),
  falsy: (input) => !truthy(input),
  even: (input) => Number(input) % 2 === 0,
  odd: (input) => Math.abs(Number(input)) % 2 === 1,
  divisibleby: (input, args) => Number(input) % Number(first(args)) === 0,
  lower: (input) => pythonText(input) === pythonText(input).toLowerCase(),
  upper: (input) => pythonText(input) === pythonText(input).toUpperCase(),
  in: (input, args) => contains(first(args), input),
  contains: (input, args) => contains(input, first(args)),
  eq: (input, args) => equal(input, first(args)),
  ne: (input, args) => !equal(input, first(args)),
  lt: (input, args) => ordering(input, first(args)) < 0,
  le: (input, args) => ordering(input, first(args)) <= 0,
  gt: (input, args) => ordering(input, first(args)) > 0,
  ge: (input, args) => ordering(input, first(args)) >= 0,
  match: regExp("^(?:%)"),
  search: regExp("%"),
  regex: regExp("%"),
  subset: (input, args) => itemsOf(input).every((item) => contains(first(args), item)),
  superset: (input, args) => itemsOf(first(args)).every((item) => contains(input, item)),
  any: (input) => itemsOf(input).some(truthy),
  all: (input) => itemsOf(input).every(truthy),
  version: (input, [other = "", sign = "=="]) =>
    versionTest(pythonText(input), pythonText(other), pythonText(sign)),
};

const ALIASES: Readonly<Record<string, string>> = {
  equalto: "eq",
  "==": "eq",
  "!=": "ne",
  "<": "lt",
  lessthan: "lt",
  "<=": "le",
  ">": "gt",
  greaterthan: "gt",
  ">=": "ge",
  issubset: "subset",
  issuperset: "superset",
  version_compare: "version",
};

/** @throws TemplateError when there is no test of that name */
export function runTest(name: string, input: Value, args: readonly Value[]): boolean {
  const test = TESTS[ALIASES[name] ?? name];
  if (test === undefined)
    throw new TemplateError(`the test 'is ${name}' is not supported in inventory values`);
  return test(input, args);
}

/** Versions as distutils' LooseVersion orders them: runs of digits as numbers, the rest as text. */
function versionTest(left: string, right: string, sign: string): boolean {
  const parts = (version: string) =>
    (version.match(/\d+|[a-z]+/gi) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part));
  const [a, b] = [parts(left), parts(right)];
  let order = 0;
  for (let index = 0; order === 0 && index < Math.max(a.length, b.length); index++) {
    const [x, y] = [a[index], b[index]];
    if (x === undefined || y === undefined) order = x === undefined ? -1 : 1;
    else if (typeof x === typeof y) order = x < y ? -1 : x > y ? 1 : 0;
    else throw new TemplateError(`the versions ${left} and ${right} can't be compared`);
  }
  const name = {
    "=": "eq",
    "==": "eq",
    eq: "eq",
    "!=": "ne",
    "<>": "ne",
    ne: "ne",
    "<": "lt",
    lt: "lt",
    "<=": "le",
    le: "le",
    ">": "gt",
    gt: "gt",
    ">=": "ge",
    ge: "ge",
  }[sign];
  if (name === undefined) throw new TemplateError(`version: no such comparison '${sign}'`);
  return (
    { eq: order === 0, ne: order !== 0, lt: order < 0, le: order <= 0, gt: order > 0, ge: order >= 0 }[
      name
    ] ?? false
  );
}

const TEXT_METHODS: Readonly<Record<string, (text: string, args: readonly Value[]) => Value>> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  capitalize: (text) => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase(),
  strip: (text, [chars]) => strip(text, chars),
  lstrip: (text, [chars]) => strip(text, chars, { end: false }),
  rstrip: (text, [chars]) => strip(text, chars, { start: false }),
  split: (text, [separator, limit]) => splitText(text, separator, limit),
  splitlines: (text) => (text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/)),
  replace: (text, [from = "", to = "", count]) => replaceText(text, pythonText(from), pythonText(to), count),
  startswith: (text, [prefix = ""]) => textsOf(prefix).some((each) => text.startsWith(each)),
  endswith: (text, [suffix = ""]) => textsOf(suffix).some((each) => text.endsWith(each)),
  find: (text, [part = ""]) => text.indexOf(pythonText(part)),
  count: (text, [part = ""]) => text.split(pythonText(part)).length - 1,
  join: (text, [items = []]) => itemsOf(items).map(pythonText).join(text),
  zfill: (text, [width = 0]) =>
    /^[-+]/.test(text)
      ? text.slice(0, 1) + text.slice(1).padStart(Number(width) - 1, "0")
      : text.padStart(Number(width), "0"),
  isdigit: (text) => /^\d+$/.test(text),
};

/** The method `name` of `target`, as Python has it; undefined when it has none. */
export function methodOf(target: Value, name: string): Callable | undefined {
  if (typeof target === "string") {
    const method = TEXT_METHODS[name];
    return method && ((args) => method(target, args));
  }
  if (isMapping(target)) {
    if (name === "keys") return () => Object.keys(target);
    if (name === "values") return () => Object.values(target);
    if (name === "items") return () => Object.entries(target);
    if (name === "get") return ([key = null, fallback = null]) => memberOf(target, key) ?? fallback;
  }
  if (Array.isArray(target)) {
    if (name === "index") return ([item = null]) => target.findIndex((each: Value) => equal(each, item));
    if (name === "count") return ([item = null]) => target.filter((each: Value) => equal(each, item)).length;
  }
  return undefined;
}

function textsOf(value: Value): string[] {
  return (Array.isArray(value) ? value : [value]).map(pythonText);
}
