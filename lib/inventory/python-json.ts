// Values as Python's json.dumps writes them.

import { hasOddKeys, orderedKeys, originalKey } from "./keys.ts";
import { compareText, floatText } from "./python-text.ts";
import { isFloat } from "./scalars.ts";
import type { Value } from "./types.ts";

export interface JsonOptions {
  /** Spaces for each level; undefined writes one line with `, ` and `: `, as json.dumps does. */
  readonly indent?: number | undefined;
  readonly sortKeys?: boolean;
  /** Write all that isn't ASCII as \uXXXX. */
  readonly ascii?: boolean;
  /** Names that are left out of some mappings. */
  readonly hide?: { readonly names: ReadonlySet<string>; readonly from: ReadonlySet<object> } | undefined;
}

/** Texts that are the same in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** `value` as Python's json.dumps writes it: `1.0` stays `1.0`, keys sorted by code point. */
export function pythonJson(
  value: Value,
  { indent, sortKeys = false, ascii = false, hide }: JsonOptions = {},
): string {
  const step = " ".repeat(indent ?? 0);
  const comma = indent === undefined ? ", " : ",";
  // Hosts of a group share its lists and mappings: each is written once.
  const written = new Map<object, { readonly pad: string; readonly text: string }>();

  // So do nearly all of them have the same names, which are sorted and quoted once.
  const shapes = new Map<string, readonly (readonly [name: string, quoted: string])[]>();

  const namesOf = (entries: Record<string, Value>) => {
    const names = orderedKeys(entries);
    const hidden = hide?.from.has(entries) === true ? hide.names : undefined;
    const usual = sortKeys && !hasOddKeys(entries);
    const shape = usual ? `${hidden === undefined ? "" : "-"}${names.join("\n")}` : "";
    let found = usual ? shapes.get(shape) : undefined;
    if (found === undefined) {
      const shown = hidden === undefined ? names : names.filter((name) => !hidden.has(name));
      if (sortKeys) shown.sort((a, b) => compareKeys(entries, a, b));
      found = shown.map((name) => [name, quote(name, ascii)] as const);
      if (usual) shapes.set(shape, found);
    }
    return found;
  };
  const write = (item: Value, pad: string): string => {
    if (typeof item === "string") return quote(item, ascii);
    if (item === null || typeof item === "boolean") return String(item);
    if (typeof item !== "object" || item instanceof Number) return numberJson(item);
    if (item instanceof Date) return quote(String(item.toJSON()), ascii);
    const before = written.get(item);
    if (before?.pad === pad) return before.text;
    const text = Array.isArray(item) ? list(item, pad) : mapping(item as Record<string, Value>, pad);
    written.set(item, { pad, text });
    return text;
  };
  const list = (items: readonly Value[], pad: string): string => {
    if (items.length === 0) return "[]";
    const inner = indent === undefined ? "" : `${pad}${step}`;
    let text = "[";
    for (const [index, item] of items.entries())
      text += (index === 0 ? "" : comma) + inner + write(item, inner);
    return `${text}${pad}]`;
  };
  const mapping = (entries: Record<string, Value>, pad: string): string => {
    const inner = indent === undefined ? "" : `${pad}${step}`;
    let text = "";
    for (const [key, quoted] of namesOf(entries))
      text += `${text === "" ? "{" : comma}${inner}${quoted}: ${write(entries[key] as Value, inner)}`;
    return text === "" ? "{}" : `${text}${pad}}`;
  };
  return write(value, indent === undefined ? "" : "\n");
}

/** Keys that are numbers in Python are sorted as such. */
function compareKeys(mapping: object, a: string, b: string): number {
  const order = compareText(a, b);
  if (!hasOddKeys(mapping)) return order;
  const [left, right] = [originalKey(mapping, a), originalKey(mapping, b)];
  return typeof left === "string" || typeof right === "string" ? order : Number(left) - Number(right);
}

function numberJson(value: Value): string {
  if (!isFloat(value)) return String(value);
  const number = Number(value);
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
