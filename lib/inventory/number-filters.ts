// Jinja filters that make numbers and truth of texts, and texts of numbers.

import type { Filters } from "./filters.ts";
import { pythonText } from "./python-text.ts";
import { TemplateError, truthy } from "./results.ts";
import { float, integer, isFloat } from "./scalars.ts";
import { tool } from "./signatures.ts";
import type { Value } from "./types.ts";

const FLOAT =
  /^[-+]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan)$/i;
const SIZES = { Y: 80, Z: 70, E: 60, P: 50, T: 40, G: 30, M: 20, K: 10, B: 0 } as const;

export const NUMBER_FILTERS: Filters = {
  bool: tool("", (input) => {
    if (input === null || typeof input === "boolean") return input;
    if (typeof input === "string") return /^(?:yes|on|1|true)$/i.test(input);
    return (typeof input === "number" || input instanceof Number) && Number(input) === 1;
  }),
  int: tool("default base", (input, fallback = 0, base = 10) => toInt(input, fallback, Number(base))),
  float: tool("default", (input, fallback = float(0)) => toFloat(input) ?? fallback),
  abs: tool("", (input) => {
    if (typeof input === "bigint") return input < 0n ? -input : input;
    const number = Math.abs(numberOf(input, "abs"));
    return isFloat(input) ? float(number) : number;
  }),
  round: tool("precision method", (input, digits = 0, method = "common") =>
    rounded(input, Number(digits), pythonText(method)),
  ),
  log: tool("base", (input, base = Math.E) => {
    const [number, by] = [numberOf(input, "log"), Number(base)];
    if (number <= 0) throw new TemplateError(`log of ${number}`);
    return float(by === 10 ? Math.log10(number) : Math.log(number) / Math.log(by));
  }),
  pow: tool("y!", (input, power = 1) => float(numberOf(input, "pow") ** numberOf(power, "pow"))),
  root: tool("base", (input, base = 2) =>
    float(
      Number(base) === 2
        ? Math.sqrt(numberOf(input, "root"))
        : numberOf(input, "root") ** (1 / numberOf(base, "root")),
    ),
  ),
  human_readable: tool("isbits unit", (input, bits = false, unit = null) => {
    const size = numberOf(input, "human_readable");
    const names = Object.entries(SIZES);
    const [name = "B", power = 0] =
      names.find(([each, exponent]) =>
        unit === null ? size >= 2 ** exponent : pythonText(unit).toUpperCase() === each,
      ) ??
      names.at(-1) ??
      [];
    const word = truthy(bits) ? "bits" : "Bytes";
    return `${(size / 2 ** power).toFixed(2)} ${power === 0 ? word : name + word.slice(0, 1)}`;
  }),
  human_to_bytes: tool("default_unit isbits", (input, usual = null, bits = false) => {
    const text = pythonText(input);
    const [, digits = "", found] = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?/.exec(text) ?? [];
    const unit = found ?? (usual === null ? undefined : pythonText(usual));
    if (digits === "" || digits === ".") throw new TemplateError(`human_to_bytes can't read '${text}'`);
    if (unit === undefined) return halfEven(Number(digits));
    const power = SIZES[unit.slice(0, 1).toUpperCase() as keyof typeof SIZES];
    const [letter, word] = truthy(bits) ? ["b", "bit"] : ["B", "byte"];
    const fits = unit.length === 1 || unit.toLowerCase().includes(word) || unit[1] === letter;
    if (power === undefined || !fits)
      throw new TemplateError(`human_to_bytes can't read '${text}': what is '${unit}'?`);
    return halfEven(Number(digits) * 2 ** power);
  }),
  filesizeformat: tool("binary", (input, binary = false) => {
    const [bytes, base] = [Number(toFloat(input) ?? Number.NaN), truthy(binary) ? 1024 : 1000];
    if (Number.isNaN(bytes)) throw new TemplateError("filesizeformat wants a number");
    if (bytes === 1) return "1 Byte";
    if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
    const power = Math.min(8, Math.floor(Math.log(bytes) / Math.log(base) + 1e-12));
    const prefix = (truthy(binary) ? "KMGTPEZY" : "kMGTPEZY")[power - 1] ?? "";
    return `${(bytes / base ** power).toFixed(1)} ${prefix}${truthy(binary) ? "i" : ""}B`;
  }),
};

function numberOf(input: Value, filter: string): number {
  if (
    typeof input === "number" ||
    typeof input === "bigint" ||
    typeof input === "boolean" ||
    input instanceof Number
  )
    return Number(input);
  throw new TemplateError(`${filter} wants a number, not '${pythonText(input)}'`);
}

function toInt(input: Value, fallback: Value, base: number): Value {
  if (typeof input === "bigint") return input;
  if (typeof input === "string") {
    const digits = input.trim();
    if (base === 10 && /^[-+]?\d+(?:_\d+)*$/.test(digits)) return integer(digits.replaceAll("_", ""));
    const bare = digits
      .replaceAll("_", "")
      .replace({ 16: /^([-+]?)0x/i, 8: /^([-+]?)0o/i, 2: /^([-+]?)0b/i }[base] ?? "", "$1");
    const allowed = "0123456789abcdefghijklmnopqrstuvwxyz".slice(0, base);
    if (base !== 10 && new RegExp(`^[-+]?[${allowed}]+$`, "i").test(bare)) return Number.parseInt(bare, base);
  }
  // The number of a text goes through float where it is no whole one: '3.9' is 3.
  const number = typeof input === "boolean" ? Number(input) : toFloat(input);
  if (number === undefined || Number.isNaN(Number(number))) return fallback;
  if (!Number.isFinite(Number(number))) throw new TemplateError("infinity is no whole number");
  const whole = Math.trunc(Number(number));
  return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
}

function toFloat(input: Value): number | undefined {
  if (
    typeof input === "boolean" ||
    typeof input === "number" ||
    typeof input === "bigint" ||
    input instanceof Number
  )
    return float(Number(input));
  if (typeof input !== "string" || !FLOAT.test(input.trim())) return undefined;
  const bare = input.trim().replaceAll("_", "").toLowerCase();
  if (bare.endsWith("nan")) return Number.NaN;
  if (bare.includes("inf")) return bare.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return float(Number(bare));
}

function rounded(input: Value, digits: number, method: string): Value {
  const number = numberOf(input, "round");
  if (method === "ceil") return float(Math.ceil(number * 10 ** digits) / 10 ** digits);
  if (method === "floor") return float(Math.floor(number * 10 ** digits) / 10 ** digits);
  if (method !== "common") throw new TemplateError(`round: there is no method '${method}'`);
  if (typeof input === "bigint" && digits >= 0) return input;
  const scale = 10 ** -digits;
  const made = digits < 0 ? halfEven(number / scale) * scale : roundedAt(number, digits);
  return isFloat(input) ? float(made) : made;
}

/** Python's `round`: exactly half goes to the even neighbour, and what only looks like half does not. */
function roundedAt(number: number, digits: number): number {
  if (digits > 70) return number;
  const exact = number.toFixed(digits + 30);
  if (!/50{29}$/.test(exact)) return Number(number.toFixed(digits));
  const down = exact.slice(0, exact.length - 30).replace(/\.$/, "");
  const step = 10 ** -digits;
  return Number(/[02468]$/.test(down) ? down : (Number(down) + Math.sign(number) * step).toFixed(digits));
}

function halfEven(number: number): number {
  return roundedAt(number, 0);
}
