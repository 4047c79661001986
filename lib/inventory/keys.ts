// What JavaScript's objects forget of a mapping's keys: their order where they look like numbers, and that 8080 was no text.

import type { Value } from "./types.ts";

type Mapping = Readonly<Record<string, Value>>;

/** Keys in the order of the text, of mappings where JavaScript would order them by itself: it puts `10` first. */
const orders = new WeakMap<object, Set<string>>();
/** Keys that were no strings, by what they are called now. */
const oddKeys = new WeakMap<object, Map<string, Value>>();

/** Whether there is any such mapping: most inventories have none, and asking for each takes time. */
let anyUnusual = false;

/** Sets `target[name]`; `key` is what the key was in the text. */
export function setEntry<T>(target: Record<string, T>, name: string, value: T, key: Value = name): void {
  const first = name.charCodeAt(0);
  const isNumber = first >= 48 && first <= 57 && /^\d+$/.test(name);
  if (!anyUnusual && typeof key === "string" && !isNumber) {
    define(target, name, value);
    return;
  }
  anyUnusual = true;
  const order = orders.get(target);
  if (order !== undefined) order.add(name);
  else if (isNumber) orders.set(target, new Set([...Object.keys(target), name]));
  if (typeof key !== "string") {
    const odd = oddKeys.get(target);
    if (odd === undefined) oddKeys.set(target, new Map([[name, key]]));
    else odd.set(name, key);
  }
  define(target, name, value);
}

/** Entries in the order of the text. */
export function orderedEntries(mapping: Mapping): [string, Value][] {
  const order = orders.get(mapping);
  return order === undefined
    ? Object.entries(mapping)
    : [...order].map((name) => [name, mapping[name] as Value]);
}

/** The key called `name` as it was in the text: a number, a boolean, a date, null; mostly the name itself. */
export function originalKey(mapping: object, name: string): Value {
  const key = oddKeys.get(mapping)?.get(name);
  return key === undefined ? name : key;
}

/** Entries with what their keys were in the text, in its order. */
export function keyedEntries(mapping: Mapping): (readonly [name: string, value: Value, key?: Value])[] {
  const entries = orderedEntries(mapping);
  if (!hasOddKeys(mapping)) return entries;
  return entries.map(([name, value]) => [name, value, originalKey(mapping, name)]);
}

/** Whether JavaScript's own ways of copying would lose something of `mapping`. */
export function isUnusual(mapping: object): boolean {
  return anyUnusual && (orders.has(mapping) || oddKeys.has(mapping));
}

export function hasOddKeys(mapping: object): boolean {
  return oddKeys.has(mapping);
}

/** Names in the order of the text, in a list of the caller's own. */
export function orderedKeys(mapping: Mapping): string[] {
  const order = orders.get(mapping);
  return order === undefined ? Object.keys(mapping) : [...order];
}

/** A mapping with the same keys and other values. */
export function mapValues(mapping: Mapping, change: (value: Value) => Value): Record<string, Value> {
  const changed: Record<string, Value> = {};
  for (const [name, value] of orderedEntries(mapping))
    setEntry(changed, name, change(value), originalKey(mapping, name));
  return changed;
}

/** Assignment that can't touch a prototype, whatever the name. */
export function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
