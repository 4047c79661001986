// Two mappings of vars as one: what `hash_behaviour` means.

import { isPlainMapping } from "./scalars.ts";
import type { Value, Vars } from "./types.ts";

/** `over` wins key by key; with `merge`, mappings that both have are combined as well, however deep. */
export function combine(under: Vars, over: Vars, behaviour: "replace" | "merge"): Record<string, Value> {
  const combined: Record<string, Value> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const before = behaviour === "merge" && Object.hasOwn(under, key) ? under[key] : undefined;
    const both = before !== undefined && isPlainMapping(before) && isPlainMapping(value);
    define(combined, key, both ? combine(before, value, behaviour) : value);
  }
  return combined;
}

/** Assignment that can't touch a prototype, whatever the name. */
export function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
