// Python's tuples and the views of its mappings: lists to JSON and to filters, but printed as what they are.

import type { Value } from "./types.ts";

/** Printed as (1, 2), which is no list to Ansible when it reads what a template made. */
export class Tuple extends Array<Value> {
  /** What `map`, `filter` and the like make of it is a list. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** What `keys()`, `values()` and `items()` of a mapping give: no item of it can be asked for by its number. */
export class View extends Array<Value> {
  kind = "";
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** `items` as a tuple. */
export function tuple(items: Iterable<Value>): Tuple {
  const made = new Tuple();
  for (const item of items) made.push(item);
  return made;
}

/** `items` as a view of a mapping. */
export function view(kind: "keys" | "values" | "items", items: Iterable<Value>): View {
  const made = new View();
  made.kind = kind;
  for (const item of items) made.push(item);
  return made;
}
