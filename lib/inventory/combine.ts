// Two mappings of vars as one: what `hash_behaviour` means.

import { isUnusual, orderedEntries, originalKey, setEntry } from "./keys.ts";
import { isPlainMapping } from "./scalars.ts";
import { forShortRuns } from "./short-runs.ts";
import type { Value, Vars } from "./types.ts";

/** `over` on top of `under`, which is changed where nothing is lost by that; a copy where there is no `under`. */
export function overlay(under: Vars | undefined, over: Vars): Vars {
  if (isUnusual(over) || (under !== undefined && isUnusual(under)))
    return combine(under ?? {}, over, "replace");
  return under === undefined ? { ...over } : Object.assign(under, over);
}

/** `over` wins key by key; with `merge`, mappings that both have are combined as well, however deep. */
export function combine(under: Vars, over: Vars, behaviour: "replace" | "merge"): Vars {
  if (behaviour === "replace" && !isUnusual(under) && !isUnusual(over)) return { ...under, ...over };
  const combined: Record<string, Value> = {};
  const add = (from: Vars, value: (name: string, item: Value) => Value) => {
    for (const [name, item] of orderedEntries(from))
      setEntry(combined, name, value(name, item), originalKey(from, name));
  };
  add(under, (_name, item) => item);
  add(over, (name, item) => {
    const before = Object.hasOwn(under, name) ? under[name] : undefined;
    return behaviour === "merge" && isPlainMapping(before) && isPlainMapping(item)
      ? combine(before, item, behaviour)
      : item;
  });
  return combined;
}

forShortRuns(overlay);
