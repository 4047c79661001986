// Jinja filters that look into the items of a list: by attribute, by test, in order.

import type { Filters } from "./filters.ts";
import { binary, equal, ordering } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import { held, isLazy, itemsOf, memberOf, type Result, TemplateError, truthy, Undefined } from "./results.ts";
import { type Tool, tool } from "./signatures.ts";
import { tuple } from "./tuple.ts";
import type { Value } from "./types.ts";

type ApplyTest = (name: string, input: Value, args: readonly Value[]) => boolean;

/** Filters over items; those that test them have the tests from `test`. */
export function itemFilters(test: ApplyTest): Filters {
  const passes = (item: Value, name: Value | undefined, args: readonly Value[]) =>
    name === undefined ? truthy(item) : test(pythonText(name).replace(/^ansible\.builtin\./, ""), item, args);
  const select = (wanted: boolean): Tool<Result> =>
    tool("*test", (input, given = []) => {
      const [name, ...args] = given as readonly Value[];
      return itemsIn(input).filter((item) => passes(item, name, args) === wanted);
    });
  const selectAttribute = (wanted: boolean): Tool<Result> =>
    tool("attribute! *test", (input, attribute = "", given = []) => {
      const [name, ...args] = given as readonly Value[];
      return itemsIn(input).filter((item) => passes(attributeOf(item, attribute), name, args) === wanted);
    });
  return {
    ...ITEM_FILTERS,
    select: select(true),
    reject: select(false),
    ...{ selectattr: selectAttribute(true) },
    rejectattr: selectAttribute(false),
  };
}

/** What is false has no items, be it a number. */
export function itemsIn(input: Value): Value[] {
  return truthy(input) ? itemsOf(input) : [];
}

const edge = (item: Value | undefined, filter: string): Result =>
  item === undefined ? new Undefined(`${filter} of an empty list`) : item;
const extreme =
  (filter: string, reverse: boolean) =>
  (input: Value, caseSensitive?: Value, attribute?: Value): Result =>
    edge(sorted(itemsOf(input), { reverse, caseSensitive, attribute })[0], filter);

const ITEM_FILTERS: Filters = {
  list: tool("", (input) => itemsOf(input)),
  first: tool("", (input) => edge(itemsOf(input)[0], "first")),
  last: tool("", (input) => edge(itemsOf(input).at(-1), "last")),
  min: tool("case_sensitive attribute", extreme("min", false)),
  max: tool("case_sensitive attribute", extreme("max", true)),
  join: tool("d attribute", (input, separator = "", attribute) =>
    itemsOf(input)
      .map((item) => pythonText(attribute === undefined ? item : attributeOf(item, attribute)))
      .join(pythonText(separator)),
  ),
  sum: tool("attribute start", (input, attribute = null, start = 0) =>
    itemsOf(input)
      .map((item) => (attribute === null ? item : attributeOf(item, attribute)))
      .reduce((total, item) => {
        if (typeof item === "string" || typeof total === "string")
          throw new TemplateError("sum: texts have no sum, join them");
        return binary("+", total, item);
      }, start),
  ),
  sort: tool("reverse case_sensitive attribute", (input, reverse = false, caseSensitive, attribute) =>
    sorted(itemsOf(input), { reverse: truthy(reverse), caseSensitive, attribute }),
  ),
  groupby: tool("attribute! default case_sensitive", (input, attribute = "", fallback, caseSensitive) => {
    const of = (item: Value) => {
      const found = attributeOf(item, attribute);
      return (found as Result) instanceof Undefined && fallback !== undefined ? fallback : found;
    };
    const key = (item: Value) => folded(of(item), caseSensitive);
    const groups: [Value, Value[]][] = [];
    for (const item of [...itemsOf(input)].sort((a, b) => ordering(key(a), key(b)))) {
      const last = groups.at(-1);
      if (last !== undefined && equal(folded(last[0], caseSensitive), key(item))) last[1].push(item);
      else groups.push([of(item), [item]]);
    }
    return groups.map(tuple);
  }),
  unique: tool("case_sensitive attribute", (input, caseSensitive, attribute) =>
    unique(itemsOf(input), caseSensitive, attribute),
  ),
};

/** `attribute='a.b.0'` of an item; something undefined when it has none. */
export function attributeOf(item: Value, attribute: Value): Value {
  const path = typeof attribute === "string" ? attribute.split(".") : [attribute];
  let found: Result = item;
  for (const part of path) {
    if ((found as Result) instanceof Undefined) break;
    const key: Value = typeof part === "string" && /^\d+$/.test(part) ? Number(part) : part;
    const missing = () => new Undefined(pythonText(attribute));
    found = isLazy(found) ? found.member(key) : (memberOf(found as Value, key) ?? missing());
  }
  return held(found);
}

/** Texts that differ only in their case are the same, unless `caseSensitive`. */
function folded(item: Value, caseSensitive: Value | undefined): Value {
  return typeof item === "string" && !truthy(caseSensitive ?? false) ? item.toLowerCase() : item;
}

/** The first of each that are equal. Ansible takes case as different only where an item is a list or a mapping. */
export function unique(items: readonly Value[], caseSensitive?: Value, attribute?: Value): Value[] {
  const plain = items.every(
    (item) => item === null || typeof item !== "object" || item.constructor !== Array,
  );
  const mappings = items.some(
    (item) =>
      item !== null && typeof item === "object" && !(item instanceof Number) && !(item instanceof Date),
  );
  const exact = attribute === undefined && (!plain || mappings);
  if (exact && caseSensitive === false)
    throw new TemplateError("unique: lists and mappings have no upper and lower case");
  const key = (item: Value) =>
    folded(attribute === undefined ? item : attributeOf(item, attribute), exact ? true : caseSensitive);
  const [kept, seen]: [Value[], Value[]] = [[], []];
  const texts = new Set<string>();
  for (const item of items) {
    const own = key(item);
    if (typeof own === "string" ? texts.has(own) : seen.some((each) => equal(each, own))) continue;
    if (typeof own === "string") texts.add(own);
    else seen.push(own);
    kept.push(item);
  }
  return kept;
}

interface Order {
  readonly reverse?: boolean;
  readonly caseSensitive?: Value | undefined;
  readonly attribute?: Value | undefined;
}

/** By the items, or by one or more of their attributes: `attribute='rack,name'`. */
export function sorted(
  items: readonly Value[],
  { reverse = false, caseSensitive, attribute }: Order,
): Value[] {
  const attributes =
    attribute === undefined || attribute === null
      ? []
      : typeof attribute === "string"
        ? attribute.split(",")
        : [attribute];
  const keys = new Map(
    items.map((item, index) => [
      index,
      attributes.length === 0
        ? [folded(item, caseSensitive)]
        : attributes.map((each) => folded(attributeOf(item, each), caseSensitive)),
    ]),
  );
  return [...items.keys()]
    .sort((a, b) => (reverse ? -1 : 1) * ordering(keys.get(a) as Value[], keys.get(b) as Value[]))
    .map((index) => items[index] as Value);
}
