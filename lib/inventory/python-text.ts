// Values as Python prints them (`str`, `repr`) and as Python's json writes them: templates and output depend on both.

import { orderedEntries, originalKey } from "./keys.ts";
import { isFloat, isMapping } from "./scalars.ts";
import { Tuple, View } from "./tuple.ts";
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
  if (value instanceof Tuple) return `(${value.map(pythonRepr).join(", ")}${value.length === 1 ? "," : ""})`;
  if (value instanceof View) return `dict_${value.kind}([${value.map(pythonRepr).join(", ")}])`;
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

/** Python orders text by code point; JavaScript's `<` by UTF-16 unit, which differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return codePointOrder(left) - codePointOrder(right);
  }
  return a.length - b.length;
}

/** Halves of characters beyond U+FFFF come after all others. */
function codePointOrder(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
