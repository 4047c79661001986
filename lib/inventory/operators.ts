// Python's operators on template values: 7 / 2 is 3.5, 7 // 2 is 3, "a" * 3 is "aaa", 1 == 1.0.

import { pythonText } from "./python-text.ts";
import { TemplateError, truthy } from "./results.ts";
import { float, isFloat, isMapping } from "./scalars.ts";
import type { Value } from "./types.ts";

/** @throws TemplateError where Python would */
export function unary(sign: string, operand: Value): Value {
  if (sign === "not") return !truthy(operand);
  const number = numberOf(operand, sign);
  return sign === "-" ? kept(-number, operand) : kept(number, operand);
}

/** `==`, `!=`, `<`, `in` and the like; undefined for any other sign. */
export function compare(sign: string, left: Value, right: () => Value): boolean | undefined {
  if (sign === "==") return equal(left, right());
  if (sign === "!=") return !equal(left, right());
  if (sign === "in") return contains(right(), left);
  if (sign === "not in") return !contains(right(), left);
  if (!/^[<>]=?$/.test(sign)) return undefined;
  const order = ordering(left, right());
  if (sign === "<") return order < 0;
  if (sign === ">") return order > 0;
  return sign === "<=" ? order <= 0 : order >= 0;
}

/** `+ - * / // % ** ~`. @throws TemplateError where Python has an error */
export function binary(sign: string, left: Value, right: Value): Value {
  if (sign === "~") return pythonText(left) + pythonText(right);
  if (sign === "+" && typeof left === "string" && typeof right === "string") return left + right;
  if (sign === "+" && Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (sign === "*" && typeof left === "string") return left.repeat(Math.max(0, numberOf(right, sign)));
  if (sign === "*" && Array.isArray(left))
    return Array.from({ length: Math.max(0, numberOf(right, sign)) }, () => left).flat() as Value;
  if (sign === "%" && typeof left === "string") return format(left, Array.isArray(right) ? right : [right]);
  const [a, b] = [numberOf(left, sign), numberOf(right, sign)];
  if (b === 0 && /^[/%]/.test(sign)) throw new TemplateError("division by zero");
  const keep = (result: number) => (isFloat(left) || isFloat(right) ? float(result) : result);
  switch (sign) {
    case "+":
      return keep(a + b);
    case "-":
      return keep(a - b);
    case "*":
      return keep(a * b);
    case "/":
      return float(a / b);
    case "//":
      return keep(Math.floor(a / b));
    case "%":
      return keep(a - b * Math.floor(a / b));
    case "**":
      return b < 0 ? float(a ** b) : keep(a ** b);
    default:
      throw new TemplateError(`the operator ${sign} is not supported in inventory values`);
  }
}

/** Python's equality: by value, 1 == 1.0 == True. */
export function equal(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (isNumeric(left) && isNumeric(right)) return Number(left) === Number(right);
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length && left.every((item: Value, index) => equal(item, right[index] as Value))
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
  if (!Array.isArray(left) || !Array.isArray(right))
    throw new TemplateError(`can't compare ${pythonText(left)} with ${pythonText(right)}`);
  for (const [index, item] of left.entries()) {
    if (index >= right.length) return 1;
    const order = ordering(item as Value, right[index] as Value);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function contains(container: Value, item: Value): boolean {
  if (typeof container === "string") return typeof item === "string" && container.includes(item);
  if (Array.isArray(container)) return container.some((each: Value) => equal(each, item));
  if (isMapping(container)) return Object.hasOwn(container, pythonText(item));
  throw new TemplateError(`${pythonText(container)} holds nothing that could be 'in' it`);
}

/** `%s`, `%d`, `%05.2f` and the like, as Python's `%` on texts. */
export function format(template: string, args: readonly Value[]): string {
  let next = 0;
  return template.replace(
    /%(-)?(0)?(\d+)?(?:\.(\d+))?([sdifrx%])/g,
    (_all, left?: string, zero?: string, width = "0", precision?: string, kind = "s") => {
      if (kind === "%") return "%";
      if (next >= args.length) throw new TemplateError(`'${template}' wants more values`);
      const arg = args[next++] as Value;
      const text = formatted(arg, kind, precision);
      return left !== undefined
        ? text.padEnd(Number(width))
        : text.padStart(Number(width), zero !== undefined && kind !== "s" ? "0" : " ");
    },
  );
}

function formatted(arg: Value, kind: string, precision: string | undefined): string {
  if (kind === "f") return numberOf(arg, "%f").toFixed(precision === undefined ? 6 : Number(precision));
  if (kind === "d" || kind === "i") return String(Math.trunc(numberOf(arg, "%d")));
  if (kind === "x") return Math.trunc(numberOf(arg, "%x")).toString(16);
  return precision === undefined ? pythonText(arg) : pythonText(arg).slice(0, Number(precision));
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

function kept(number: number, like: Value): number {
  return isFloat(like) ? float(number) : number === 0 ? 0 : number;
}
