// Values as Python prints them (`str`, `repr`) and as Python's json writes them: templates and output depend on both.

import { orderedEntries, originalKey } from "./keys.ts";
import { isFloat, isMapping } from "./scalars.ts";
import type { Value } from "./types.ts";

/** `str(value)`. */
export function pythonText(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Date) return "text" in value ? String(value.text) : value.toISOString();
  return pythonRepr(value);
}

/** `repr(value)`. */
export function pythonRepr(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return stringRepr(value);
  if (isFloat(value)) return floatText(Number(value));
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(", ")}]`;
  if (value instanceof Date) return "repr" in value ? String(value.repr) : stringRepr(pythonText(value));
  if (!isMapping(value)) return String(value);
  return `{${orderedEntries(value)
    .map(([key, item]) => `${pythonRepr(originalKey(value, key))}: ${pythonRepr(item)}`)
    .join(", ")}}`;
}

function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\p{Cc}]|[\u2028\u2029\ufeff\u200b-\u200f]/gu, (char) => {
    const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" }[char];
    if (named !== undefined) return named;
    const code = char.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** Shortest text of a float that reads back the same, with Python's thresholds for exponents. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= 16 || exponent < -4)
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  const text =
    exponent < 0
      ? value.toFixed(Math.max(0, mantissa.replace(/[-.]/g, "").length - 1 - exponent))
      : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

export interface JsonOptions {
  /** Spaces for each level; undefined writes one line with `, ` and `: `, as json.dumps does. */
  readonly indent?: number | undefined;
  readonly sortKeys?: boolean;
  /** Write all that isn't ASCII as \uXXXX. */
  readonly ascii?: boolean;
}

/** `value` as Python's json.dumps writes it: `1.0` stays `1.0`, keys sorted by code point. */
export function pythonJson(
  value: Value,
  { indent, sortKeys = false, ascii = false }: JsonOptions = {},
): string {
  const write = (item: Value, level: number): string => {
    if (item === null || typeof item === "boolean") return String(item);
    if (typeof item === "string") return quote(item, ascii);
    if (item instanceof Date) return quote(String(item.toJSON()), ascii);
    if (Array.isArray(item))
      return list(
        "[",
        item.map((each: Value) => write(each, level + 1)),
        "]",
        level,
      );
    if (!isMapping(item)) return numberJson(item);
    const entries = orderedEntries(item);
    if (sortKeys) entries.sort(([a], [b]) => compareKeys(item, a, b));
    return list(
      "{",
      entries.map(([key, each]) => `${quote(key, ascii)}: ${write(each, level + 1)}`),
      "}",
      level,
    );
  };
  const list = (open: string, items: readonly string[], close: string, level: number): string => {
    if (items.length === 0) return open + close;
    if (indent === undefined) return open + items.join(", ") + close;
    const pad = `\n${" ".repeat(indent * (level + 1))}`;
    return `${open}${pad}${items.join(`,${pad}`)}\n${" ".repeat(indent * level)}${close}`;
  };
  return write(value, 0);
}

/** Python orders text by code point; JavaScript's `<` by UTF-16 unit, which differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((char, index) => char !== right[index]);
  if (at === -1) return -1;
  const other = right[at];
  return other === undefined || (left[at]?.codePointAt(0) ?? 0) > (other.codePointAt(0) ?? 0) ? 1 : -1;
}

/** Keys that are numbers in Python are sorted as such. */
function compareKeys(mapping: object, a: string, b: string): number {
  const [left, right] = [originalKey(mapping, a), originalKey(mapping, b)];
  if (typeof left === "string" || typeof right === "string") return compareText(a, b);
  return Number(left) - Number(right);
}

function numberJson(value: Value): string {
  if (!isFloat(value)) return String(value);
  const number = Number(value);
  if (Number.isNaN(number)) return "NaN";
  return Number.isFinite(number) ? floatText(number) : number > 0 ? "Infinity" : "-Infinity";
}

function quote(text: string, ascii: boolean): string {
  // Lone surrogates and DEL are the two places where JSON.stringify and json.dumps differ; neither occurs in UTF-8 files.
  const json = JSON.stringify(text);
  if (!ascii) return json;
  return json.replace(/[\u007f-\uffff]/g, (char) =>
    char === "\x7f" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
