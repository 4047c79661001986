// Values as Python's json.dumps writes them.

import { hasOddKeys, orderedKeys, originalKey } from "./keys.ts";
import { compareText, floatText } from "./python-text.ts";
import { isFloat } from "./scalars.ts";
import { forShortRuns } from "./short-runs.ts";
import type { Value } from "./types.ts";

export interface JsonOptions {
  /** Spaces for each level; undefined writes one line with `, ` and `: `, as json.dumps does. */
  readonly indent?: number | undefined;
  readonly sortKeys?: boolean;
  /** Write all that isn't ASCII as \uXXXX. */
  readonly ascii?: boolean;
}

/** A mapping in two parts: entries of `own` are written instead of those of the same name in `shared`, `hidden` ones not at all. */
export class Layered {
  readonly shared: Mapping;
  readonly own: Mapping;
  readonly hidden: ReadonlySet<string>;
  constructor(shared: Mapping, own: Mapping, hidden: ReadonlySet<string>) {
    this.shared = shared;
    this.own = own;
    this.hidden = hidden;
  }
}

type Mapping = Readonly<Record<string, Value>>;
/** What can be written; a Map is a large mapping. */
export type Writable = Value | Layered | ReadonlyMap<string, Writable>;
const NOTHING: Mapping = {};
const NONE: ReadonlySet<string> = new Set();

/** How mappings with the same names are written: between the values of `names`, the texts, one more than there are names. */
interface Shape {
  /** Names of all entries of its own, as they come, and the start of the line that closes it. */
  readonly own: readonly string[];
  readonly pad: string;
  readonly names: readonly string[];
  readonly texts: readonly string[];
}

/** Texts that are the same in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * `value` as Python's json.dumps writes it: `1.0` stays `1.0`, keys sorted by code point.
 * @throws UnsortableError where `sortKeys` can't be
 */
export function pythonJson(
  value: Writable,
  { indent, sortKeys = false, ascii = false }: JsonOptions = {},
): string {
  const step = " ".repeat(indent ?? 0);
  const comma = indent === undefined ? ", " : ",";
  // Hosts of a group share its lists and mappings: each is written once.
  const written = new Map<object, { readonly pad: string; readonly text: string }>();
  // So do nearly all of them have the same names, which are sorted and quoted once for all that share the rest.
  const shapes = new Map<Mapping, Shape[]>();

  const shapeOf = (entries: Mapping, shared: Mapping, hidden: ReadonlySet<string>, pad: string): Shape => {
    const own = orderedKeys(entries);
    const known = shapes.get(shared);
    const usual = !hasOddKeys(entries);
    if (usual && known !== undefined)
      for (const shape of known) if (shape.pad === pad && isSame(shape.own, own)) return shape;
    const shape = newShape(entries, shared, hidden, pad);
    if (!usual || own.length > MANY) return shape;
    if (known === undefined) shapes.set(shared, [shape]);
    else known[known.length % ALIKE] = shape;
    return shape;
  };
  const newShape = (entries: Mapping, shared: Mapping, hidden: ReadonlySet<string>, pad: string): Shape => {
    const inner = indent === undefined ? "" : `${pad}${step}`;
    const own = orderedKeys(entries);
    const added = own.filter((name) => !Object.hasOwn(shared, name));
    const all = [...orderedKeys(shared), ...added].filter((name) => !hidden.has(name));
    if (sortKeys) sortNames(all, entries, shared);
    if (all.length === 0) return { own, pad, names: [], texts: ["{}"] };
    const names: string[] = [];
    const texts: string[] = [];
    // Joined, not added: what is added up is taken apart again at each use.
    let text = ["{"];
    for (const name of all) {
      text.push(inner, quote(name, ascii), ": ");
      if (Object.hasOwn(entries, name)) {
        names.push(name);
        texts.push(text.join(""));
        text = [];
      } else text.push(write(shared[name] as Value, inner));
      text.push(comma);
    }
    text[text.length - 1] = `${pad}}`;
    texts.push(text.join(""));
    return { own, pad, names, texts };
  };
  const write = (item: Value, pad: string): string => {
    if (typeof item === "string") return quote(item, ascii);
    if (typeof item === "number" && Number.isInteger(item)) return String(item);
    if (item === null || typeof item === "boolean") return String(item);
    if (typeof item !== "object" || item instanceof Number) return numberJson(item);
    if (item instanceof Date) return quote(String(item.toJSON()), ascii);
    const before = written.get(item);
    if (before?.pad === pad) return before.text;
    const text = Array.isArray(item) ? list(item, pad) : mapping(item as Mapping, pad);
    written.set(item, { pad, text });
    return text;
  };
  const list = (items: readonly Value[], pad: string): string => {
    if (items.length === 0) return "[]";
    const inner = indent === undefined ? "" : `${pad}${step}`;
    return `[${inner}${items.map((item) => write(item, inner)).join(comma + inner)}${pad}]`;
  };
  const mapping = (entries: Mapping, pad: string): string => {
    const inner = indent === undefined ? "" : `${pad}${step}`;
    const { names, texts } = shapeOf(entries, NOTHING, NONE, pad);
    let text = texts[0] ?? "";
    for (let index = 0; index < names.length; index++)
      text += write(entries[names[index] as string] as Value, inner) + texts[index + 1];
    return text;
  };
  // Joined at the end: texts added up that are sums themselves take twice as long to become one.
  const pieces: string[] = [];
  const put = (item: Writable, pad: string): void => {
    const inner = indent === undefined ? "" : `${pad}${step}`;
    if (item instanceof Layered) {
      const { names, texts } = shapeOf(item.own, item.shared, item.hidden, pad);
      pieces.push(texts[0] as string);
      for (let index = 0; index < names.length; index++)
        pieces.push(write(item.own[names[index] as string] as Value, inner), texts[index + 1] as string);
    } else if (item instanceof Map) {
      const names: string[] = [...item.keys()];
      if (sortKeys) sortPlainNames(names);
      for (const [index, name] of names.entries()) {
        pieces.push(index === 0 ? "{" : comma, inner, quote(name, ascii), ": ");
        put(item.get(name) as Writable, inner);
      }
      pieces.push(names.length === 0 ? "{}" : `${pad}}`);
    } else pieces.push(write(item as Value, pad));
  };
  forShortRuns(put, write, mapping, shapeOf);
  put(value, indent === undefined ? "" : "\n");
  return pieces.join("");
}

/** No two mappings with more entries have the same names. */
const MANY = 200;
/** So many shapes are kept for the same shared part. */
const ALIKE = 8;

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

/** Keys that Python can't sort: text and numbers at once. */
export class UnsortableError extends Error {}

/** Sorts `names` by code point, in place; what were numbers in the text goes by number. */
function sortNames(names: string[], own: Mapping, shared: Mapping): void {
  if (hasOddKeys(own) || hasOddKeys(shared)) sortOddNames(names, own, shared);
  else sortPlainNames(names);
}

function sortPlainNames(names: string[]): void {
  // JavaScript's own order is by UTF-16 unit, which is the same without halves of characters.
  if (names.some((name) => /[\ud800-\udfff]/.test(name))) names.sort(compareText);
  else names.sort();
}

/** @throws UnsortableError */
function sortOddNames(names: string[], own: Mapping, shared: Mapping): void {
  const keys = new Map(
    names.map((name) => [name, originalKey(Object.hasOwn(own, name) ? own : shared, name)] as const),
  );
  const texts = names.filter((name) => typeof keys.get(name) === "string").length;
  const lonely = keys.values().some((key) => key === null) && names.length > 1;
  if (lonely || (texts > 0 && texts < names.length))
    throw new UnsortableError("keys are text and numbers at once");
  const number = (name: string) => Number(keys.get(name));
  names.sort((a, b) => (texts > 0 ? compareText(a, b) : number(a) - number(b)));
}

function numberJson(value: Value): string {
  if (!isFloat(value)) return String(value);
  const number = Number(value);
  // Where Python writes no exponent either, a fraction is written the same.
  if (Math.abs(number) >= 1e-4 && Math.abs(number) < 1e16 && !Number.isInteger(number)) return String(number);
  if (Number.isNaN(number)) return "NaN";
  return Number.isFinite(number) ? floatText(number) : number > 0 ? "Infinity" : "-Infinity";
}

function quote(text: string, ascii: boolean): string {
  if (PLAIN.test(text)) return `"${text}"`;
  // Lone surrogates and DEL are the two places where JSON.stringify and json.dumps differ; neither occurs in UTF-8 files.
  const json = JSON.stringify(text);
  if (!ascii) return json;
  return json.replace(/[\u007f-\uffff]/g, (char) =>
    char === "\x7f" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
