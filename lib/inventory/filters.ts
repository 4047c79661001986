// Jinja filters of Ansible's inventories: texts, numbers, encodings. Lists and mappings are in collection-filters.ts.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { parseJson } from "./json.ts";
import { format } from "./operators.ts";
import { pythonJson } from "./python-json.ts";
import { pythonText } from "./python-text.ts";
import { pythonRegExp, pythonReplacement } from "./regex.ts";
import { TemplateError, truthy } from "./results.ts";
import { float, integer } from "./scalars.ts";
import type { Value } from "./types.ts";
import { parseYaml } from "./yaml.ts";

export type Filter = (input: Value, args: readonly Value[], named: Readonly<Record<string, Value>>) => Value;

const text = (value: Value | undefined) => pythonText(value ?? "");
const onText =
  (change: (text: string) => Value): Filter =>
  (input) =>
    change(text(input));
const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();

export const FILTERS: Readonly<Record<string, Filter>> = {
  bool: (input) => toBool(input),
  int: (input, [fallback = 0, base = 10], named) =>
    toInt(input, named.default ?? fallback, Number(named.base ?? base)),
  float: (input, [fallback = float(0)]) => toFloat(input, fallback),
  string: onText((each) => each),
  abs: (input) => Math.abs(Number(input)),
  round: (input, [digits = 0, method = "common"]) => round(Number(input), Number(digits), text(method)),
  lower: onText((each) => each.toLowerCase()),
  upper: onText((each) => each.toUpperCase()),
  capitalize: onText(capital),
  title: onText((each) => each.replace(/[\p{L}\p{N}']+/gu, capital)),
  trim: (input, [chars]) => strip(text(input), chars),
  replace: (input, [from, to, count]) => replaceText(text(input), text(from), text(to), count),
  split: (input, [separator, limit]) => splitText(text(input), separator, limit),
  format: (input, args) => format(text(input), args),
  indent: (input, [width = 4, first = false], named) =>
    indent(text(input), named.width ?? width, truthy(named.first ?? first)),
  quote: onText((each) => (/^[\w@%+=:,./-]+$/.test(each) ? each : `'${each.replaceAll("'", `'"'"'`)}'`)),
  urlencode: onText((each) =>
    encodeURIComponent(each)
      .replaceAll("%2F", "/")
      .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
  ),
  regex_replace: (input, [pattern, to], named) =>
    regExp(named.pattern ?? pattern, named, "g", (found) =>
      text(input).replace(found, pythonReplacement(text(named.replacement ?? to))),
    ),
  regex_search: (input, [pattern, ...groups], named) =>
    regExp(pattern, named, "", (found) => searched(found.exec(text(input)), groups)),
  regex_findall: (input, [pattern], named) =>
    regExp(pattern, named, "g", (found) => [...text(input).matchAll(found)].map(matchedPart)),
  regex_escape: onText((each) => each.replace(/[\s#$&()*+\-.?[\\\]^{|}~]/g, "\\$&")),
  basename: onText((each) => each.slice(each.lastIndexOf("/") + 1)),
  dirname: onText((each) => (each.includes("/") ? posix.dirname(`${each}_`).replace(/^\/\/$/, "/") : "")),
  splitext: onText((each) => [each.slice(0, each.length - posix.extname(each).length), posix.extname(each)]),
  b64encode: onText((each) => Buffer.from(each, "utf8").toString("base64")),
  b64decode: onText((each) => Buffer.from(each, "base64").toString("utf8")),
  hash: (input, [kind = "sha1"]) => digest(text(input), text(kind)),
  sha1: onText((each) => digest(each, "sha1")),
  md5: onText((each) => digest(each, "md5")),
  checksum: onText((each) => digest(each, "sha1")),
  to_json: (input, _args, named) =>
    pythonJson(input, {
      ascii: truthy(named.ensure_ascii ?? true),
      sortKeys: truthy(named.sort_keys ?? false),
    }),
  to_nice_json: (input, [indentation = 4], named) =>
    pythonJson(input, { ascii: true, sortKeys: true, indent: Number(named.indent ?? indentation) }),
  from_json: onText((each) => reading("from_json", () => parseJson(each))),
  from_yaml: onText((each) => reading("from_yaml", () => parseYaml(each, { file: "from_yaml" }))),
  type_debug: (input) => typeName(input),
  mandatory: (input) => input,
  ternary: (input, [yes = null, no = null, none], named) =>
    input === null && (named.none_val ?? none) !== undefined
      ? (named.none_val ?? none ?? null)
      : truthy(input)
        ? (named.true_val ?? yes)
        : (named.false_val ?? no),
};

/** Ansible's `bool` filter: yes, on, true and 1 are true, all else is false. */
function toBool(input: Value): Value {
  if (input === null || typeof input === "boolean") return input;
  return (
    ["yes", "on", "1", "true"].includes(text(input).toLowerCase()) ||
    (typeof input === "number" && input === 1)
  );
}

function toInt(input: Value, fallback: Value, base: number): Value {
  if (typeof input === "bigint") return input;
  if (typeof input === "number" || typeof input === "boolean" || input instanceof Number)
    return Math.trunc(Number(input));
  const digits = text(input).trim().replaceAll("_", "");
  if (base === 10 && /^[-+]?\d+$/.test(digits)) return integer(digits);
  if (base !== 10) {
    const number = Number.parseInt(digits.replace(/^([-+]?)0[xob]/i, "$1"), base);
    return Number.isNaN(number) ? fallback : number;
  }
  // Jinja's int goes through float when the text has a point or exponent: '3.9' is 3.
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(digits) ? Math.trunc(Number(digits)) : fallback;
}

function toFloat(input: Value, fallback: Value): Value {
  const bare = typeof input === "string" ? input.trim() : input;
  const number = bare === "" || bare === null || Array.isArray(bare) ? Number.NaN : Number(bare);
  return Number.isNaN(number) ? fallback : float(number);
}

function round(number: number, digits: number, method: string): Value {
  const scale = 10 ** digits;
  const scaled = number * scale;
  if (method === "ceil") return float(Math.ceil(scaled) / scale);
  if (method === "floor") return float(Math.floor(scaled) / scale);
  const [low, high] = [Math.floor(scaled), Math.ceil(scaled)];
  // Python rounds halves to the even neighbour.
  const nearest = scaled - low === 0.5 ? (low % 2 === 0 ? low : high) : Math.round(scaled);
  return float(nearest / scale);
}

export function strip(input: string, chars: Value | undefined, { start = true, end = true } = {}): string {
  const set = chars === undefined || chars === null ? undefined : new Set(text(chars));
  const goes = (char: string | undefined) =>
    char !== undefined && (set === undefined ? /\s/.test(char) : set.has(char));
  let [from, to] = [0, input.length];
  while (start && from < to && goes(input[from])) from++;
  while (end && to > from && goes(input[to - 1])) to--;
  return input.slice(from, to);
}

export function replaceText(input: string, from: string, to: string, count: Value | undefined): string {
  if (count === undefined || count === null) return input.replaceAll(from, () => to);
  let out = input;
  for (let done = 0, at = 0; done < Number(count); done++) {
    const found = out.indexOf(from, at);
    if (found === -1) break;
    out = out.slice(0, found) + to + out.slice(found + from.length);
    at = found + to.length;
  }
  return out;
}

export function splitText(input: string, separator: Value | undefined, limit: Value | undefined): string[] {
  const parts =
    separator === undefined || separator === null
      ? input
          .trim()
          .split(/\s+/)
          .filter((part) => part !== "")
      : input.split(text(separator));
  const most = limit === undefined ? -1 : Number(limit);
  if (most < 0 || parts.length <= most + 1) return parts;
  return [
    ...parts.slice(0, most),
    parts.slice(most).join(separator === undefined || separator === null ? " " : text(separator)),
  ];
}

function indent(input: string, width: Value, first: boolean): string {
  const pad = typeof width === "string" ? width : " ".repeat(Number(width));
  return input
    .split("\n")
    .map((line, index) => (line === "" || (index === 0 && !first) ? line : pad + line))
    .join("\n");
}

function regExp(
  pattern: Value | undefined,
  named: Readonly<Record<string, Value>>,
  flags: string,
  use: (found: RegExp) => Value,
): Value {
  const extra =
    (truthy(named.ignorecase ?? false) ? "i" : "") + (truthy(named.multiline ?? false) ? "m" : "");
  return reading("regex", () => use(pythonRegExp(text(pattern), flags + extra)));
}

/** `regex_search(pattern, '\\1', '\\g<name>')` gives those groups; without them the whole match. */
function searched(found: RegExpExecArray | null, groups: readonly Value[]): Value {
  if (found === null) return null;
  if (groups.length === 0) return found[0];
  return groups.map((group) => {
    const [, name, number] = /^\\(?:g<(\w+)>|(\d+))$/.exec(text(group)) ?? [];
    const key = name ?? number;
    if (key === undefined) throw new TemplateError(`regex_search: '${text(group)}' names no group`);
    return (/^\d+$/.test(key) ? found[Number(key)] : found.groups?.[key]) ?? null;
  });
}

function matchedPart(found: RegExpMatchArray): Value {
  const groups = found.slice(1).map((group) => group ?? "");
  return groups.length === 0 ? found[0] : groups.length === 1 ? (groups[0] ?? "") : groups;
}

function digest(input: string, kind: string): string {
  return reading(`hash('${kind}')`, () => createHash(kind).update(input, "utf8").digest("hex")) as string;
}

function reading(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new TemplateError(`${what}: ${(error as Error).message}`);
  }
}

function typeName(input: Value): string {
  if (input === null) return "NoneType";
  if (typeof input === "string") return "str";
  if (typeof input === "boolean") return "bool";
  if (input instanceof Number || (typeof input === "number" && !Number.isInteger(input))) return "float";
  if (typeof input === "number" || typeof input === "bigint") return "int";
  if (input instanceof Date) return "datetime";
  return Array.isArray(input) ? "list" : "dict";
}
