// Jinja filters that take lists apart and put them together: batches, pairs, all ways to choose.

import type { Filters } from "./filters.ts";
import { itemsOf, TemplateError } from "./results.ts";
import { tool } from "./signatures.ts";
import { tuple } from "./tuple.ts";
import type { Value } from "./types.ts";

export const SEQUENCE_FILTERS: Filters = {
  zip: tool("*others", (input, others) => {
    const lists = [input, ...(others as Value[])].map(itemsOf);
    return upTo(Math.min(...lists.map((list) => list.length))).map((index) =>
      tuple(lists.map((list) => list[index] as Value)),
    );
  }),
  zip_longest: tool("*others fillvalue", (input, others, fill = null) => {
    const lists = [input, ...(others as Value[])].map(itemsOf);
    return upTo(Math.max(...lists.map((list) => list.length))).map((index) =>
      tuple(lists.map((list) => (index < list.length ? (list[index] as Value) : fill))),
    );
  }),
  product: tool("*others repeat", (input, others, repeat = 1) => {
    const lists = [input, ...(others as Value[])].map(itemsOf);
    return upTo(Number(repeat))
      .flatMap(() => lists)
      .reduce<Value[][]>((made, list) => made.flatMap((each) => list.map((item) => [...each, item])), [[]])
      .map(tuple);
  }),
  permutations: tool("r", (input, size = null) => {
    const items = itemsOf(input);
    return chosen(items, size === null ? items.length : Number(size), { ordered: true }).map(tuple);
  }),
  combinations: tool("r!", (input, size = 0) =>
    chosen(itemsOf(input), Number(size), { ordered: false }).map(tuple),
  ),
  batch: tool("linecount! fill_with", (input, size = 1, fill = null) => {
    const items = itemsOf(input);
    const length = wholeNumber(size, "batch");
    return upTo(Math.ceil(items.length / length)).map((index) =>
      filled(items.slice(index * length, (index + 1) * length), length, fill),
    );
  }),
  slice: tool("slices! fill_with", (input, slices = 1, fill = null) => {
    const items = itemsOf(input);
    const count = wholeNumber(slices, "slice");
    const [each, longer] = [Math.floor(items.length / count), items.length % count];
    return upTo(count).map((index) => {
      const start = index * each + Math.min(index, longer);
      const part = items.slice(start, start + each + (index < longer ? 1 : 0));
      return fill !== null && index >= longer ? [...part, fill] : part;
    });
  }),
};

function upTo(count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_each, index) => index);
}

function wholeNumber(count: Value, filter: string): number {
  if (typeof count === "number" && Number.isInteger(count) && count > 0) return count;
  throw new TemplateError(`${filter} wants a whole number of at least 1`);
}

function filled(items: Value[], length: number, fill: Value): Value[] {
  return fill === null ? items : [...items, ...upTo(length - items.length).map(() => fill)];
}

/** All ways to take `size` of `items`, in Python's order. */
function chosen(
  items: readonly Value[],
  size: number,
  { ordered }: { readonly ordered: boolean },
): Value[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, index) => {
    const rest = ordered ? items.filter((_each, other) => other !== index) : items.slice(index + 1);
    return chosen(rest, size - 1, { ordered }).map((more) => [item, ...more]);
  });
}
