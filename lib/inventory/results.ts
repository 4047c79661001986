// What evaluating a template can give: a value, something unrendered, a function, or nothing yet.

import { mapValues, orderedKeys, originalKey } from "./keys.ts";
import { jsonKey } from "./literal.ts";
import { pythonRepr, pythonText } from "./python-text.ts";
import { isMapping } from "./scalars.ts";
import { Tuple, tuple, View } from "./tuple.ts";
import type { Value } from "./types.ts";

/** What a missing name gives: an error when it is used, but `default` and `is defined` may ask. */
export class Undefined {
  /** What was asked for: `app.port`. */
  readonly path: string;
  /** Vars on the way to it, outermost first, each as `host`, NUL and path: a var is undefined when its template needs one that is. */
  readonly links: readonly string[];
  /** The var `omit`: whoever gets it as a value leaves its setting out. */
  readonly omit: boolean;
  /** What an 'if' without 'else' gives: no error when it is used, but nothing. */
  readonly soft: boolean;
  constructor(
    path: string,
    { links = [], omit = false, soft = false }: Partial<Pick<Undefined, "links" | "omit" | "soft">> = {},
  ) {
    this.path = path;
    this.links = links;
    this.omit = omit;
    this.soft = soft;
  }
  /** A list may hold what is undefined; the list's text can't. */
  [Symbol.toPrimitive](): string {
    if (this.soft) return "";
    throw new UndefinedError(this.path, this.links);
  }
}

/** Something with members that are found when asked for: `hostvars`, or a mapping with unrendered values. */
export interface Lazy {
  readonly lazy: true;
  member(key: Value): Result;
  /** Names of the members, of what is a mapping. */
  keys?(): readonly Value[];
  /** It has all methods of Python's dict; hostvars has only some of them. */
  readonly dict?: true;
  /** The whole value, everything in it rendered. */
  force(): Value;
  /** A text that stays one whatever it looks like: what `to_json` and `string` give. */
  readonly exact?: true;
  /** `{% set it.name = value %}`, of what `namespace()` makes. */
  set?(name: string, value: Result): void;
}

export interface Callable {
  (args: readonly Value[], named: Readonly<Record<string, Value>>): Result;
  /** What its arguments are is its own affair: they may be undefined. */
  readonly lenient?: true;
}

export type Result = Value | Undefined | Lazy | Callable | (Callable & Lazy);
export type Named = Readonly<Record<string, Result>>;

export interface Scope {
  variable(name: string): Result;
  filter(name: string, input: Result, args: readonly Result[], named: Named): Result;
  test(name: string, input: Result, args: readonly Result[], named: Named): boolean;
  /** A method such as `text.split(',')`; undefined when values of that kind have none of that name. */
  method(target: Value, name: string): Callable | undefined;
}

/** A template that uses an undefined name. */
export class UndefinedError extends Error {
  readonly path: string;
  links: readonly string[];
  constructor(path: string, links: readonly string[] = []) {
    super(`'${path}' is undefined`);
    this.path = path;
    this.links = links;
  }
}

/** A template that can't be parsed, or does what Python or we can't do. */
export class TemplateError extends Error {
  links: readonly string[] = [];
}

/** The value of `omit`. */
export const OMIT = new Undefined("omit", { omit: true });

export function isLazy(result: Result): result is Lazy {
  return (
    (typeof result === "object" || typeof result === "function") &&
    result !== null &&
    "lazy" in result &&
    typeof (result as Lazy).force === "function"
  );
}

/** A finished value. @throws UndefinedError */
export function value(result: Result): Value {
  if (result instanceof Undefined) {
    if (result.soft) return "";
    throw new UndefinedError(result.path, result.links);
  }
  if (isLazy(result)) return result.force();
  if (typeof result === "function") throw new TemplateError("a function or method is used as a value");
  return result;
}

/** `item` with all there is in it. @throws UndefinedError when something in it is undefined */
export function finished(item: Value): Value {
  const plain = value(item);
  if (Array.isArray(plain)) return plain instanceof Tuple ? tuple(plain.map(finished)) : plain.map(finished);
  return isMapping(plain) ? mapValues(plain, finished) : plain;
}

/** As an item of a list: what is undefined, a function or the vars of a host wait until somebody asks. */
export function held(result: Result): Value {
  const waits =
    result instanceof Undefined ||
    result instanceof Members ||
    (typeof result === "function" && !isLazy(result));
  return waits ? (result as unknown as Value) : value(result);
}

/** Vars of a host, all hosts, or all groups: found by name, one at a time. */
export class Members implements Lazy {
  readonly lazy = true;
  readonly keys: () => readonly string[];
  /** What Python calls it. */
  readonly kind: "HostVars" | "HostVarsVars" | "dict";
  readonly #member: (key: string) => Result;
  constructor(
    keys: () => readonly string[],
    member: (key: string) => Result,
    kind: Members["kind"] = "dict",
  ) {
    this.keys = keys;
    this.#member = member;
    this.kind = kind;
  }
  member(key: Value): Result {
    return this.#member(String(key));
  }
  /** Whoever lists all of them may not need those that are undefined. */
  force(): Value {
    return Object.fromEntries(this.keys().map((key) => [key, held(this.#member(key))]));
  }
  [Symbol.toPrimitive](): string {
    return pythonRepr(finished(this.force()));
  }
}

/** `text`, which stays one though it may look like a list. */
export function exactText(text: string): Lazy {
  return {
    lazy: true,
    exact: true,
    member: (key) => memberOf(text, key) ?? new Undefined(String(key)),
    force: () => text,
  };
}

/** Python's truth: empty texts, lists and mappings, zero and None are false. */
export function truthy(item: Value): boolean {
  if ((item as Result) instanceof Undefined) return value(item) === true; // which mostly throws
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
  if (!isMapping(item)) throw new TemplateError(`${pythonText(item)} is not a list`);
  return keysOf(item);
}

/** Keys of a mapping, in its order, as what they were. */
export function keysOf(mapping: Readonly<Record<string, Value>>): Value[] {
  return orderedKeys(mapping).map((name) => originalKey(mapping, name));
}

/** Item or entry of a finished value; undefined when there is none. */
export function memberOf(target: Value, key: Value): Value | undefined {
  if (typeof target === "string" || Array.isArray(target)) {
    if ((typeof key !== "number" && typeof key !== "boolean") || target instanceof View) return undefined;
    return (typeof target === "string" ? [...target] : target).at(Number(key)) as Value | undefined;
  }
  if (!isMapping(target)) return undefined;
  const name = typeof key === "string" ? key : jsonKey(key);
  if (!Object.hasOwn(target, name)) return undefined;
  const own = originalKey(target, name);
  return own === key || (typeof own !== "string" && typeof key !== "string") ? target[name] : undefined;
}
