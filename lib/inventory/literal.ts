// Python literals: what `ast.literal_eval` makes of the text after `=` in an INI inventory.

import { setEntry } from "./keys.ts";
import { floatText } from "./python-text.ts";
import { float, integer, isFloat } from "./scalars.ts";
import { tuple } from "./tuple.ts";
import type { Value } from "./types.ts";

const NUMBER =
  /^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*\.(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*[eE][-+]?\d(?:_?\d)*|0(?:_?0)*(?![\d_])|[1-9](?:_?\d)*)/;
const STRING =
  /^([rRuUbB]|[bB][rR]|[rR][bB])?(?:'''((?:[^\\]|\\[\s\S])*?)'''|"""((?:[^\\]|\\[\s\S])*?)"""|'(?!'')((?:[^'\\\n]|\\[\s\S])*)'|"(?!"")((?:[^"\\\n]|\\[\s\S])*)")/;
/** Escapes that are whole; Python refuses others. */
const WHOLE_ESCAPES =
  /^(?:[^\\]|\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U00(?:0[\da-fA-F]|10)[\da-fA-F]{4}|[^xuUN]))*$/;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
};

class NotLiteral extends Error {}

/**
 * The value of a Python literal (number, string, True/False/None, list, tuple, dict, set, nested),
 * or `text` itself when it is none: `0755` and `web1` stay strings, `5 # five` is 5.
 */
export function literal(text: string): Value {
  const source = text.replace(/^[ \t]+/, "");
  // Most values in inventories are plain words; only these characters can open a literal.
  if (!/^[-+\d.'"([{TFNrRuUbB]/.test(source)) return text;
  try {
    const [value, rest] = parseTuple(source);
    if (!/^\s*(?:#[^\n]*)?\s*$/.test(rest)) return text;
    return value;
  } catch (error) {
    if (error instanceof NotLiteral) return text;
    throw error;
  }
}

type Step = readonly [value: Value, rest: string];

/** At top level `1, 2` is a tuple without parentheses. */
function parseTuple(source: string): Step {
  let [value, rest] = parseValue(source);
  if (!/^\s*,/.test(rest)) return [value, rest];
  const items = [value];
  while (/^\s*,/.test(rest)) {
    rest = rest.replace(/^\s*,/, "");
    if (/^\s*(?:#|$)/.test(rest)) break;
    [value, rest] = parseValue(rest);
    items.push(value);
  }
  return [tuple(items), rest];
}

function parseValue(source: string): Step {
  const text = source.trimStart();
  const sign = /^([-+])\s*/.exec(text);
  if (sign !== null) {
    const [value, rest] = parseNumber(text.slice(sign[0].length));
    return [sign[1] === "-" ? negated(value) : value, rest];
  }
  const word = /^(True|False|None)(?![\p{L}\p{N}_])/u.exec(text);
  if (word !== null) return [word[1] === "None" ? null : word[1] === "True", text.slice(word[0].length)];
  if (text.startsWith("[")) return parseItems(text.slice(1), "]");
  if (text.startsWith("(")) return parseParentheses(text.slice(1));
  if (text.startsWith("{")) return parseBraces(text.slice(1));
  return STRING.test(text) ? parseStrings(text) : parseNumber(text);
}

function negated(value: number | bigint): number | bigint {
  if (typeof value === "bigint") return -value;
  if (typeof value === "object") return float(-Number(value));
  return value === 0 ? 0 : -value;
}

function parseNumber(text: string): readonly [number | bigint, string] {
  const found = NUMBER.exec(text);
  const rest = found === null ? "" : text.slice(found[0].length);
  // A letter, digit or point that follows makes it another thing: a version 1.2.3, a complex number, 0755.
  if (found === null || /^[\p{L}\p{N}_.]/u.test(rest)) throw new NotLiteral();
  const digits = found[0].replaceAll("_", "");
  const radix = /^0[xX]/.test(digits) ? 16 : /^0[oO]/.test(digits) ? 8 : /^0[bB]/.test(digits) ? 2 : 10;
  if (radix !== 10) return [integer(digits.slice(2), radix), rest];
  return [/[.eE]/.test(digits) ? float(Number(digits)) : integer(digits), rest];
}

/** Neighbouring strings join, as in C. */
function parseStrings(source: string): Step {
  let value = "";
  let rest = source;
  const bytes = isBytes(source);
  for (let found = STRING.exec(rest); found !== null; found = STRING.exec(rest.trimStart())) {
    const body = found[2] ?? found[3] ?? found[4] ?? found[5] ?? "";
    if (isBytes(found[0]) !== bytes) throw new NotLiteral();
    const raw = /r/i.test(found[1] ?? "");
    if (!raw && !bytes && !WHOLE_ESCAPES.test(body)) throw new NotLiteral();
    value += raw ? body : unescaped(body);
    rest = rest.trimStart().slice(found[0].length);
  }
  return [value, rest];
}

/** Whether a literal is of bytes, which can't be joined to text. */
function isBytes(literal: string): boolean {
  return /^[rR]?[bB]/.test(literal);
}

/** A string literal's text without its escapes. */
export function unescaped(body: string): string {
  return body.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[\s\S])/g,
    (all, code: string) => {
      if (/^[xuU][0-9a-fA-F]/.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
      if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
      return ESCAPES[code] ?? all;
    },
  );
}

function parseItems(source: string, close: string): readonly [Value[], string] {
  const items: Value[] = [];
  let rest = source.trimStart();
  while (!rest.startsWith(close)) {
    const [value, after] = parseValue(rest);
    items.push(value);
    rest = after.trimStart();
    if (rest.startsWith(",")) rest = rest.slice(1).trimStart();
    else if (!rest.startsWith(close)) throw new NotLiteral();
  }
  return [items, rest.slice(1)];
}

/** `(1)` is 1, `(1,)` and `()` are tuples, shown as lists. */
function parseParentheses(source: string): Step {
  const [items, rest] = parseItems(source, ")");
  const inside = source.slice(0, source.length - rest.length - 1).trimEnd();
  return [items.length === 1 && !inside.endsWith(",") ? (items[0] ?? null) : tuple(items), rest];
}

function parseBraces(source: string): Step {
  if (source.trimStart().startsWith("}")) return [{}, source.trimStart().slice(1)];
  const [, afterFirst] = parseValue(source);
  if (!afterFirst.trimStart().startsWith(":")) return parseItems(source, "}");
  const entries: Record<string, Value> = {};
  let rest = source.trimStart();
  while (!rest.startsWith("}")) {
    const [key, colon] = parseValue(rest);
    if (!colon.trimStart().startsWith(":")) throw new NotLiteral();
    const [value, after] = parseValue(colon.trimStart().slice(1));
    setEntry(entries, jsonKey(key), value, key);
    rest = after.trimStart();
    if (rest.startsWith(",")) rest = rest.slice(1).trimStart();
    else if (!rest.startsWith("}")) throw new NotLiteral();
  }
  return [entries, rest.slice(1)];
}

/** A mapping key as JSON spells it: Python has keys that are no strings, JSON and we have only strings. */
export function jsonKey(key: Value): string {
  if (typeof key === "string") return key;
  if (typeof key === "object" && key !== null && !(key instanceof Number)) {
    return key instanceof Date ? String(key.toJSON()) : JSON.stringify(key);
  }
  if (!isFloat(key)) return String(key);
  return Number.isFinite(Number(key)) ? floatText(Number(key)) : String(Number(key));
}
