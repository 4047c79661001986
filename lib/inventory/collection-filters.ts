// Jinja filters of Ansible's inventories: lists and mappings as a whole.

import type { Filters } from "./filters.ts";
import { unique } from "./item-filters.ts";
import { orderedKeys, originalKey, setEntry } from "./keys.ts";
import { jsonKey } from "./literal.ts";
import { contains, equal, ordering } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import { itemsOf, keysOf, memberOf, TemplateError, truthy } from "./results.ts";
import { isMapping } from "./scalars.ts";
import { tool } from "./signatures.ts";
import { Tuple, tuple } from "./tuple.ts";
import type { Value } from "./types.ts";

type Mapping = Readonly<Record<string, Value>>;

const unlike = (items: readonly Value[], others: readonly Value[]) =>
  items.filter((item) => !contains(others, item));
const like = (items: readonly Value[], others: readonly Value[]) =>
  unique(
    items.filter((item) => contains(others, item)),
    true,
  );

export const COLLECTION_FILTERS: Filters = {
  union: tool("b!", (input, other = []) => unique([...listOf(input), ...listOf(other)], true)),
  intersect: tool("b!", (input, other = []) => like(...ordered(input, other))),
  difference: tool("b!", (input, other = []) => unique(unlike(...ordered(input, other)), true)),
  symmetric_difference: tool("b!", (input, other = []) => {
    const [left, right] = [listOf(input), listOf(other)];
    return unlike(unique([...left, ...right], true), like(left, right));
  }),
  flatten: tool("levels skip_nulls", (input, levels = null, skip = true) =>
    flatten(itemsOf(input), levels === null ? Number.POSITIVE_INFINITY : Number(levels), truthy(skip)),
  ),
  reverse: tool("", (input) =>
    typeof input === "string" ? [...input].reverse().join("") : itemsOf(input).reverse(),
  ),
  combine: tool("*terms recursive list_merge", (input, terms, recursive = false, lists = "replace") =>
    combined([input, ...(terms as readonly Value[])], truthy(recursive), pythonText(lists)),
  ),
  dict2items: tool("key_name value_name", (input, key = "key", item = "value") => {
    const mapping = mappingOf(input, "dict2items");
    return keysOf(mapping).map((each) => ({
      [pythonText(key)]: each,
      [pythonText(item)]: memberOf(mapping, each) ?? null,
    }));
  }),
  items2dict: tool("key_name value_name", (input, key = "key", item = "value") => {
    const made: Record<string, Value> = {};
    for (const each of itemsOf(input)) {
      const [name, found] = [memberOf(each, key), memberOf(each, item)];
      if (name === undefined || found === undefined)
        throw new TemplateError(
          `items2dict wants '${pythonText(key)}' and '${pythonText(item)}' in each item, not ${pythonText(each)}`,
        );
      setEntry(made, jsonKey(name), found, name);
    }
    return made;
  }),
  items: tool("", (input) => itemTuples(mappingOf(input, "items"))),
  dictsort: tool("case_sensitive by reverse", (input, caseSensitive = false, by = "key", reverse = false) => {
    const at = by === "value" ? 1 : 0;
    const key = (item: readonly Value[]) => {
      const part = item[at] as Value;
      return typeof part === "string" && !truthy(caseSensitive) ? part.toLowerCase() : part;
    };
    const sign = truthy(reverse) ? -1 : 1;
    return itemTuples(mappingOf(input, "dictsort")).sort((a, b) => sign * ordering(key(a), key(b)));
  }),
  rekey_on_member: tool("key! duplicates", (input, key = "", duplicates = "error") => {
    const made: Record<string, Value> = {};
    for (const item of isMapping(input)
      ? keysOf(input).map((each) => memberOf(input, each))
      : itemsOf(input)) {
      const name = memberOf(item ?? null, key);
      if (name === undefined)
        throw new TemplateError(`rekey_on_member: the key ${pythonText(key)} was not found`);
      if (Object.hasOwn(made, jsonKey(name)) && duplicates === "error")
        throw new TemplateError(`rekey_on_member: the key ${pythonText(name)} is not unique`);
      setEntry(made, jsonKey(name), item ?? null, name);
    }
    return made;
  }),
  subelements: tool("subelements! skip_missing", (input, path = "", skip = false) => {
    const items = isMapping(input)
      ? keysOf(input).map((key) => memberOf(input, key) ?? null)
      : itemsOf(input);
    const keys = Array.isArray(path) ? path : pythonText(path).split(".");
    return items.flatMap((item) => {
      let found: Value | undefined = item;
      for (const key of keys) {
        if (!isMapping(found))
          throw new TemplateError(`subelements: ${pythonText(key as Value)} is not in a mapping`);
        found = memberOf(found, key as Value);
        if (found === undefined && truthy(skip)) found = [];
        if (found === undefined)
          throw new TemplateError(`subelements: no '${pythonText(key as Value)}' in an item`);
        if (Array.isArray(found) && found.length === 0) break;
      }
      if (!Array.isArray(found)) throw new TemplateError(`subelements: '${pythonText(path)}' is no list`);
      return found.map((each: Value) => tuple([item, each]));
    });
  }),
};

export function itemTuples(mapping: Mapping): (readonly Value[])[] {
  return keysOf(mapping).map((key) => tuple([key, memberOf(mapping, key) ?? null]));
}

/** Items of both. Where neither is a list, Ansible makes sets of them, which have no order. */
function ordered(input: Value, other: Value): [Value[], Value[]] {
  const hashable = (each: Value) => each instanceof Tuple || typeof each === "string";
  if (hashable(input) && hashable(other))
    throw new TemplateError("neither is a list: what comes of it has no order");
  return [itemsOf(input), itemsOf(other)];
}

function listOf(input: Value): Value[] {
  if (Array.isArray(input)) return [...input];
  throw new TemplateError(`${pythonText(input)} is no list`);
}

function flatten(items: readonly Value[], levels: number, skip: boolean): Value[] {
  return items.flatMap((item): Value[] => {
    if (skip && (item === null || item === "None" || item === "null")) return [];
    return Array.isArray(item) && levels >= 1 ? flatten(item, levels - 1, skip) : [item];
  });
}

function combined(terms: readonly Value[], recursive: boolean, lists: string): Value {
  if (!/^(?:replace|keep|(?:append|prepend)(?:_rp)?)$/.test(lists))
    throw new TemplateError(`combine: there is no list_merge '${lists}'`);
  const all = flatten(terms, 1, true).map((each) => mappingOf(each, "combine"));
  // The last one wins, so it is what the others are put under, from right to left: it matters where lists are joined.
  return all.reduceRight((high, low) => join(low, high, recursive, lists));
}

function join(low: Mapping, high: Mapping, recursive: boolean, lists: string): Mapping {
  if (equal(low, high) || Object.keys(low).length === 0) return high;
  const out: Record<string, Value> = {};
  for (const name of orderedKeys(low)) setEntry(out, name, low[name] ?? null, originalKey(low, name));
  for (const name of orderedKeys(high)) {
    const [before, after] = [Object.hasOwn(low, name) ? low[name] : undefined, high[name] ?? null];
    let made = after;
    if (isMapping(before) && isMapping(after))
      made = recursive ? join(before, after, recursive, lists) : after;
    else if (Array.isArray(before) && Array.isArray(after)) made = mergedList(before, after, lists);
    setEntry(out, name, made, originalKey(high, name));
  }
  return out;
}

function mergedList(low: readonly Value[], high: readonly Value[], how: string): Value[] {
  if (how === "keep") return [...low];
  if (how === "append") return [...low, ...high];
  if (how === "prepend") return [...high, ...low];
  if (how === "append_rp") return [...unlike(low, high), ...high];
  return how === "prepend_rp" ? [...high, ...unlike(low, high)] : [...high];
}

export function mappingOf(input: Value, filter: string): Mapping {
  if (isMapping(input)) return input;
  throw new TemplateError(`${filter} wants mappings, not ${pythonText(input)}`);
}
