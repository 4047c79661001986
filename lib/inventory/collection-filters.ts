// Jinja filters of Ansible's inventories: lists and mappings.

import type { Filter } from "./filters.ts";
import { equal, ordering } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import { itemsOf, memberOf, TemplateError, truthy } from "./results.ts";
import { float, isFloat, isMapping } from "./scalars.ts";
import type { Value } from "./types.ts";

type Named = Readonly<Record<string, Value>>;

/** Filters and tests by name, for `map('upper')` and `select('match', '^web')`. */
export interface Toolbox {
  filter(name: string, input: Value, args: readonly Value[], named: Named): Value;
  test(name: string, input: Value, args: readonly Value[]): boolean;
}

const unlike = (items: readonly Value[], others: readonly Value[]) =>
  items.filter((item) => !others.some((other) => equal(item, other)));

/** Filters over lists and mappings; those that apply others by name get them from `tools`. */
export function collectionFilters(tools: Toolbox): Readonly<Record<string, Filter>> {
  const select =
    (wanted: boolean): Filter =>
    (input, [test, ...args]) =>
      itemsOf(input).filter(
        (item) => (test === undefined ? truthy(item) : tools.test(pythonText(test), item, args)) === wanted,
      );
  const selectAttribute =
    (wanted: boolean): Filter =>
    (input, [attribute = "", test, ...args]) =>
      itemsOf(input).filter((item) => {
        const found = attributeOf(item, attribute);
        if (test === undefined) return (found !== undefined && truthy(found)) === wanted;
        const name = pythonText(test);
        if (name === "defined" || name === "undefined")
          return ((found !== undefined) === (name === "defined")) === wanted;
        if (found === undefined) throw new TemplateError(`an item has no '${pythonText(attribute)}'`);
        return tools.test(name, found, args) === wanted;
      });
  return {
    length: (input) => itemsOf(input).length,
    count: (input) => itemsOf(input).length,
    list: (input) => itemsOf(input),
    first: (input) => edge(itemsOf(input)[0], "first"),
    last: (input) => edge(itemsOf(input).at(-1), "last"),
    join: (input, [separator = "", attribute], named) => {
      const by = named.attribute ?? attribute;
      const parts = itemsOf(input).map((item) => (by === undefined ? item : (attributeOf(item, by) ?? "")));
      return parts.map(pythonText).join(pythonText(named.d ?? separator));
    },
    map: (input, [name, ...args], named) =>
      itemsOf(input).map((item) => mapped(item, name, args, named, tools)),
    select: select(true),
    reject: select(false),
    selectattr: selectAttribute(true),
    rejectattr: selectAttribute(false),
    unique: (input, [caseSensitive = false], named) =>
      unique(itemsOf(input), truthy(named.case_sensitive ?? caseSensitive)),
    sort: (input, [reverse = false], named) =>
      sorted(
        itemsOf(input),
        truthy(named.reverse ?? reverse),
        truthy(named.case_sensitive ?? false),
        named.attribute,
      ),
    reverse: (input) =>
      typeof input === "string" ? [...input].reverse().join("") : itemsOf(input).reverse(),
    union: (input, [other = []]) => unique([...itemsOf(input), ...itemsOf(other)]),
    intersect: (input, [other = []]) =>
      unique(itemsOf(input).filter((item) => itemsOf(other).some((each) => equal(each, item)))),
    difference: (input, [other = []]) => unique(unlike(itemsOf(input), itemsOf(other))),
    symmetric_difference: (input, [other = []]) =>
      unique([...unlike(itemsOf(input), itemsOf(other)), ...unlike(itemsOf(other), itemsOf(input))]),
    flatten: (input, [levels], named) => flatten(itemsOf(input), Number(named.levels ?? levels ?? 100)),
    min: (input) => edge(sorted(itemsOf(input), false, false)[0], "min"),
    max: (input) => edge(sorted(itemsOf(input), true, false)[0], "max"),
    sum: (input, [attribute], named) => {
      const by = named.attribute ?? attribute;
      const items = itemsOf(input).map((item) => (by === undefined ? item : (attributeOf(item, by) ?? 0)));
      const total = items.reduce<number>((sum, item) => sum + Number(item), Number(named.start ?? 0));
      return items.some(isFloat) ? float(total) : total;
    },
    zip: (input, others) => {
      const lists = [itemsOf(input), ...others.map(itemsOf)];
      return Array.from({ length: Math.min(...lists.map((list) => list.length)) }, (_each, index) =>
        lists.map((list) => list[index] ?? null),
      );
    },
    combine: (input, others, named) => combined([input, ...others], named),
    dict2items: (input, _args, named) =>
      Object.entries(mappingOf(input, "dict2items")).map(([key, value]) => ({
        [pythonText(named.key_name ?? "key")]: key,
        [pythonText(named.value_name ?? "value")]: value,
      })),
    items2dict: (input, _args, named) =>
      Object.fromEntries(
        itemsOf(input).map((item) => [
          pythonText(memberOf(item, named.key_name ?? "key") ?? ""),
          memberOf(item, named.value_name ?? "value") ?? null,
        ]),
      ),
    items: (input) => Object.entries(mappingOf(input, "items")),
    dictsort: (input) => sorted(Object.entries(mappingOf(input, "dictsort")), false, false),
    path_join: (input) =>
      itemsOf(input)
        .map(pythonText)
        .reduce((path, part) =>
          part.startsWith("/") ? part : path === "" || path.endsWith("/") ? path + part : `${path}/${part}`,
        ),
    extract: (input, [container = null, more]) => {
      const keys = [input, ...(more === undefined ? [] : Array.isArray(more) ? more : [more])] as Value[];
      return edge(
        keys.reduce<Value | undefined>((found, key) => memberOf(found ?? null, key), container),
        "extract",
      );
    },
  };
}

function mapped(
  item: Value,
  name: Value | undefined,
  args: readonly Value[],
  named: Named,
  tools: Toolbox,
): Value {
  const attribute = named.attribute;
  if (attribute === undefined) return tools.filter(pythonText(name ?? ""), item, args, named);
  const found = attributeOf(item, attribute) ?? named.default;
  if (found === undefined) throw new TemplateError(`an item has no '${pythonText(attribute)}'`);
  return found;
}

/** `attribute='a.b.0'` of an item. */
function attributeOf(item: Value, attribute: Value): Value | undefined {
  if (typeof attribute === "number") return memberOf(item, attribute);
  const path = pythonText(attribute).split(".");
  return path.reduce<Value | undefined>(
    (found, key) => (found === undefined ? undefined : memberOf(found, key)),
    item,
  );
}

/** The first of each that are equal; as in Jinja, letters differ by more than their case unless asked. */
function unique(items: readonly Value[], caseSensitive = true): Value[] {
  const key = (item: Value) => (typeof item === "string" && !caseSensitive ? item.toLowerCase() : item);
  const kept: Value[] = [];
  for (const item of items) if (!kept.some((each) => equal(key(each), key(item)))) kept.push(item);
  return kept;
}

function sorted(
  items: readonly Value[],
  reverse: boolean,
  caseSensitive: boolean,
  attribute?: Value,
): Value[] {
  const key = (item: Value): Value => {
    const part = attribute === undefined ? item : (attributeOf(item, attribute) ?? null);
    return typeof part === "string" && !caseSensitive ? part.toLowerCase() : part;
  };
  const order = [...items].sort((a, b) => (reverse ? -1 : 1) * ordering(key(a), key(b)));
  return order;
}

function flatten(items: readonly Value[], levels: number): Value[] {
  return items
    .flatMap((item): Value[] => (Array.isArray(item) && levels > 0 ? flatten(item, levels - 1) : [item]))
    .filter((item) => item !== null);
}

function combined(all: readonly Value[], named: Named): Value {
  const recursive = truthy(named.recursive ?? false);
  const lists = pythonText(named.list_merge ?? "replace");
  const mappings = all
    .flatMap((each): Value[] => (Array.isArray(each) ? [...each] : [each]))
    .map((each) => mappingOf(each, "combine"));
  const join = (low: Record<string, Value>, high: Record<string, Value>): Record<string, Value> => {
    const out = { ...low };
    for (const [key, value] of Object.entries(high)) {
      const before = Object.hasOwn(low, key) ? low[key] : undefined;
      if (recursive && isMapping(before) && isMapping(value)) out[key] = join(before, value);
      else
        out[key] = Array.isArray(before) && Array.isArray(value) ? mergedList(before, value, lists) : value;
    }
    return out;
  };
  return mappings.reduce<Record<string, Value>>(join, {});
}

function mergedList(low: readonly Value[], high: readonly Value[], how: string): Value[] {
  if (how === "keep") return [...low];
  if (how === "append") return [...low, ...high];
  if (how === "prepend") return [...high, ...low];
  if (how === "append_rp") return [...unlike(low, high), ...high];
  return how === "prepend_rp" ? [...high, ...unlike(low, high)] : [...high];
}

function mappingOf(value: Value, filter: string): Record<string, Value> {
  if (isMapping(value)) return value;
  throw new TemplateError(`${filter} wants mappings, not ${pythonText(value)}`);
}

function edge(item: Value | undefined, filter: string): Value {
  if (item === undefined) throw new TemplateError(`${filter} of nothing: the list is empty`);
  return item;
}
