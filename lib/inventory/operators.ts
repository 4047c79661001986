// Python's operators on template values: 7 / 2 is 3.5, 7 // 2 is 3, "a" * 3 is "aaa", 1 == 1.0.

import { pythonRepr, pythonText } from "./python-text.ts";
import { Members, memberOf, type Result, TemplateError, truthy, Undefined, value } from "./results.ts";
import { float, integer, isFloat, isMapping } from "./scalars.ts";
import { Tuple, tuple, View } from "./tuple.ts";
import type { Value } from "./types.ts";

/** @throws TemplateError where Python would */
export function unary(sign: string, operand: Value): Value {
  if (sign === "not") return !truthy(operand);
  if (typeof operand === "bigint") return sign === "-" ? -operand : operand;
  const number = numberOf(operand, sign);
  const made = sign === "-" ? -number : number;
  return isFloat(operand) ? float(made) : made + 0;
}

/** `==`, `!=`, `<`, `>`, `<=`, `>=`, `in` and `not in`. */
export function compare(sign: string, left: Value, right: Value): boolean {
  switch (sign) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    case "<":
      return ordering(left, right) < 0;
    case ">":
      return ordering(left, right) > 0;
    case "<=":
      return ordering(left, right) <= 0;
    default:
      return ordering(left, right) >= 0;
  }
}

/** `+ - * / // % **`. @throws TemplateError where Python has an error */
export function binary(sign: string, left: Value, right: Value): Value {
  if (sign === "+" && typeof left === "string" && typeof right === "string") return left + right;
  if (
    sign === "+" &&
    Array.isArray(left) &&
    left.constructor === right?.constructor &&
    !(left instanceof View)
  ) {
    const all = [...left, ...(right as readonly Value[])];
    return left instanceof Tuple ? tuple(all) : all;
  }
  if (sign === "*" && isNumeric(left) && !isNumeric(right)) return binary(sign, right, left);
  if (sign === "*" && (typeof left === "string" || Array.isArray(left))) {
    if (typeof right !== "number" && typeof right !== "boolean")
      throw new TemplateError("a text or a list times what is no whole number");
    const times = Math.max(0, Number(right));
    return typeof left === "string" ? left.repeat(times) : Array.from({ length: times }, () => left).flat();
  }
  if (sign === "%" && typeof left === "string") return format(left, right);
  const [a, b] = [numberOf(left, sign), numberOf(right, sign)];
  if (b === 0 && /^[/%]/.test(sign)) throw new TemplateError("division by zero");
  if (sign === "/") return float(a / b);
  if (sign === "**" && b < 0) return float(a ** b);
  const made = arithmetic(sign, a, b);
  if (Number.isNaN(made) && !Number.isNaN(a) && !Number.isNaN(b))
    throw new TemplateError(`${a} ${sign} ${b} is no number`);
  if (isFloat(left) || isFloat(right)) return float(made);
  if (Number.isSafeInteger(made) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return made + 0;
  return integer(String(exactly(sign, BigInt(left as number), BigInt(right as number))));
}

function arithmetic(sign: string, a: number, b: number): number {
  switch (sign) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "//":
      return Math.floor(a / b);
    case "%":
      return a - b * Math.floor(a / b);
    case "**":
      return a ** b;
    default:
      throw new TemplateError(`the operator ${sign} is not supported in inventory values`);
  }
}

/** The same for whole numbers that a number can't hold. */
function exactly(sign: string, a: bigint, b: bigint): bigint {
  if (sign === "+") return a + b;
  if (sign === "-") return a - b;
  if (sign === "*") return a * b;
  if (sign === "**") return a ** b;
  const rest = ((a % b) + b) % b; // has the sign of the divisor, as in Python
  return sign === "%" ? rest : (a - rest) / b;
}

/** Python's equality: by value, 1 == 1.0 == True. */
export function equal(left: Value, right: Value): boolean {
  for (const each of [left, right] as readonly Result[])
    if (each instanceof Undefined || each instanceof Members) return equal(value(left), value(right));
  if (left === right) return true;
  if (isNumeric(left) && isNumeric(right))
    return typeof left === "bigint" && typeof right === "bigint"
      ? left === right
      : Number(left) === Number(right);
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.constructor === right.constructor &&
      left.length === right.length &&
      left.every((item: Value, index) => equal(item, right[index] as Value))
    );
  }
  if (left instanceof Date && right instanceof Date) return left.getTime() === right.getTime();
  if (!isMapping(left) || !isMapping(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => key in right && equal(left[key] ?? null, right[key] ?? null))
  );
}

/** Negative, zero or positive. @throws TemplateError when Python can't order them */
export function ordering(left: Value, right: Value): number {
  if (isNumeric(left) && isNumeric(right)) return Number(left) - Number(right);
  if (typeof left === "string" && typeof right === "string")
    return left === right ? 0 : left < right ? -1 : 1;
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  if (!Array.isArray(left) || !Array.isArray(right) || left.constructor !== right.constructor)
    throw new TemplateError(`can't compare ${pythonText(left)} with ${pythonText(right)}`);
  for (const [index, item] of left.entries()) {
    if (index >= right.length) return 1;
    const order = ordering(item as Value, right[index] as Value);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function contains(container: Value, item: Value): boolean {
  if (typeof container === "string") {
    if (typeof item === "string") return container.includes(item);
    throw new TemplateError(`${pythonText(item)} is no text, and can't be in one`);
  }
  if (Array.isArray(container)) return container.some((each: Value) => equal(each, item));
  if (isMapping(container)) return memberOf(container, keyOf(item)) !== undefined;
  throw new TemplateError(`${pythonText(container)} holds nothing that could be 'in' it`);
}

/** What may be the key of a mapping. @throws TemplateError for a list or a mapping */
export function keyOf(item: Value): Value {
  if ((Array.isArray(item) && !(item instanceof Tuple)) || isMapping(item))
    throw new TemplateError(`${pythonText(item)} can't be the key of a mapping`);
  return item;
}

/** `%s`, `%05.2f`, `%(name)s` and the like, as Python's `%` on texts: a tuple or a mapping holds several values. */
export function format(template: string, given: Value): string {
  const args = given instanceof Tuple ? given : [given];
  let next = 0;
  const take = (name?: string): Value => {
    if (name !== undefined) {
      const found = isMapping(given) ? memberOf(given, name) : undefined;
      if (found === undefined) throw new TemplateError(`'${template}': there is no '${name}'`);
      next = args.length;
      return found;
    }
    if (next >= args.length) throw new TemplateError(`'${template}' wants more values`);
    return args[next++] as Value;
  };
  const text = template.replace(
    /%(?:\((\w+)\))?([-+ 0#]*)(\*|\d+)?(?:\.(\d+))?([\s\S]?)/g,
    (whole, name?: string, flags = "", given = "0", precision?: string, kind = "") => {
      if (kind === "%") return "%";
      if (!/^[sdifFxXoeEgGcrau]$/.test(kind))
        throw new TemplateError(`'${template}': '${whole}' is no format`);
      const width = given === "*" ? Number(take()) : Number(given);
      const made = formatted(take(name), kind, { flags, precision });
      if (flags.includes("-")) return made.padEnd(width);
      if (!flags.includes("0") || /[srca]/.test(kind)) return made.padStart(width);
      const sign = /^[-+ ]?(?:0[xXo])?/.exec(made)?.[0] ?? "";
      return sign + made.slice(sign.length).padStart(width - sign.length, "0");
    },
  );
  if (next < args.length && !isMapping(given) && (!Array.isArray(given) || given instanceof Tuple))
    throw new TemplateError(`'${template}' has no place for all values`);
  return text;
}

function formatted(
  arg: Value,
  kind: string,
  { flags, precision }: { readonly flags: string; readonly precision: string | undefined },
): string {
  if (kind === "s" || kind === "r" || kind === "a") {
    const text = kind === "s" ? pythonText(arg) : pythonRepr(arg);
    return precision === undefined ? text : [...text].slice(0, Number(precision)).join("");
  }
  if (kind === "c") return typeof arg === "string" ? arg : String.fromCodePoint(numberOf(arg, "%c"));
  const number = numberOf(arg, `%${kind}`);
  const plus = number < 0 ? "" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  if (/[fF]/.test(kind)) return plus + number.toFixed(Number(precision ?? 6));
  if (/[eE]/.test(kind)) {
    const text = number.toExponential(Number(precision ?? 6)).replace(/e([-+])(\d)$/, "e$10$2");
    return plus + (kind === "E" ? text.toUpperCase() : text);
  }
  if (/[gG]/.test(kind)) throw new TemplateError("the format %g is not supported in inventory values");
  if (/[xXo]/.test(kind) && isFloat(arg)) throw new TemplateError(`'%${kind}' wants a whole number`);
  const radix = /[xX]/.test(kind) ? 16 : kind === "o" ? 8 : 10;
  const whole = typeof arg === "bigint" ? arg : Math.trunc(number);
  const digits = (whole < 0 ? -whole : whole).toString(radix).padStart(Number(precision ?? 0), "0");
  const prefix = flags.includes("#") && radix !== 10 ? (kind === "o" ? "0o" : `0${kind}`) : "";
  return `${whole < 0 ? "-" : plus}${prefix}${kind === "X" ? digits.toUpperCase() : digits}`;
}

function isNumeric(item: Value): boolean {
  return (
    typeof item === "number" ||
    typeof item === "bigint" ||
    typeof item === "boolean" ||
    item instanceof Number
  );
}

function numberOf(item: Value, sign: string): number {
  if (isNumeric(item)) return Number(item);
  throw new TemplateError(`'${sign}' wants a number, not '${pythonText(item)}'`);
}
