// What evaluating a template can give: a value, something unrendered, a function, or nothing yet.

import { pythonText } from "./python-text.ts";
import type { Value } from "./types.ts";

/** What a missing name gives: an error when it is used, but `default` and `is defined` may ask. */
export class Undefined {
  /** What was asked for: `app.port`. */
  readonly path: string;
  /** The var `omit`: whoever gets it as a value leaves its setting out. */
  readonly omit: boolean;
  constructor(path: string, omit = false) {
    this.path = path;
    this.omit = omit;
  }
}

/** Something with members that are found when asked for: `hostvars`, or a mapping with unrendered values. */
export interface Lazy {
  readonly lazy: true;
  member(key: Value): Result;
  /** The whole value, everything in it rendered. */
  force(): Value;
}

export type Callable = (args: readonly Value[], named: Readonly<Record<string, Value>>) => Result;
export type Result = Value | Undefined | Lazy | Callable;

export interface Scope {
  variable(name: string): Result;
  filter(name: string, input: Result, args: readonly Value[], named: Readonly<Record<string, Value>>): Result;
  test(name: string, input: Result, args: readonly Value[]): boolean;
  /** A method such as `text.split(',')`; undefined when values of that kind have none of that name. */
  method(target: Value, name: string): Callable | undefined;
}

/** A template that uses an undefined name. */
export class UndefinedError extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`'${path}' is undefined`);
    this.path = path;
  }
}

/** A template that can't be parsed, or does what Python or we can't do. */
export class TemplateError extends Error {}

/** The value of `omit`. */
export const OMIT = new Undefined("omit", true);

export function isLazy(result: Result): result is Lazy {
  return (
    typeof result === "object" &&
    result !== null &&
    "lazy" in result &&
    typeof (result as Lazy).force === "function"
  );
}

/** A finished value. @throws UndefinedError */
export function value(result: Result): Value {
  if (result instanceof Undefined) throw new UndefinedError(result.path);
  if (typeof result === "function") throw new TemplateError("a function is no value");
  return isLazy(result) ? result.force() : result;
}

/** @throws UndefinedError when one of the arguments is missing */
export function present(args: readonly Value[], named: Readonly<Record<string, Value>>): void {
  for (const arg of [...args, ...Object.values(named)]) value(arg);
}

/** Python's truth: empty texts, lists and mappings, zero and None are false. */
export function truthy(item: Value): boolean {
  if (item === null || item === "" || item === false) return false;
  if (Array.isArray(item)) return item.length > 0;
  if (typeof item === "number" || typeof item === "bigint" || item instanceof Number)
    return Number(item) !== 0;
  return typeof item !== "object" || item instanceof Date || Object.keys(item).length > 0;
}

/** What a loop goes over: items of a list, keys of a mapping, characters of a text. */
export function itemsOf(item: Value): Value[] {
  if (typeof item === "string") return [...item];
  if (Array.isArray(item)) return [...item];
  if (item === null || typeof item !== "object" || item instanceof Date || item instanceof Number)
    throw new TemplateError(`${pythonText(item)} is not a list`);
  return Object.keys(item);
}

/** Item or entry of a finished value; undefined when there is none. */
export function memberOf(target: Value, key: Value): Value | undefined {
  if (typeof target === "string" || Array.isArray(target)) {
    const index =
      typeof key === "number"
        ? key
        : typeof key === "string" && /^\d+$/.test(key) && Array.isArray(target)
          ? Number(key)
          : undefined;
    return index === undefined ? undefined : (target.at(index) as Value | undefined);
  }
  if (target === null || typeof target !== "object" || target instanceof Date) return undefined;
  const name = pythonText(key);
  return Object.hasOwn(target, name) ? (target as Record<string, Value>)[name] : undefined;
}
