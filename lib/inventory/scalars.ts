// Values that JSON can't tell apart but Ansible can: 1.0 from 1, a date from a moment, an encrypted or an unsafe text.

import type { Value } from "./types.ts";

/**
 * A float without fraction. Python prints it as `1.0` and JSON as `1.0`, so `version: 1.0` must not become `1`;
 * floats with a fraction are plain numbers. Arithmetic on it works as on any number.
 */
export class Float extends Number {}

/** A YAML timestamp. `iso` is how JSON shows it, `text` how a template prints it. */
export class Timestamp extends Date {
  readonly iso: string;
  readonly text: string;
  constructor(iso: string, time: number | string) {
    super(time);
    this.iso = iso;
    this.text = iso.replace("T", " ");
  }
  /** Python's `repr`. */
  get repr(): string {
    const [, date = "", time = "", fraction, sign, hours = "", minutes = ""] =
      /^([\d-]+)(?:T([\d:]+)(?:\.(\d+))?(?:([-+])(\d\d):(\d\d))?)?$/.exec(this.iso) ?? [];
    const numbers = [...date.split("-"), ...(time === "" ? [] : time.split(":"))].map(Number);
    if (time === "") return `datetime.date(${numbers.join(", ")})`;
    if (fraction !== undefined) numbers.push(Number(fraction));
    else if (numbers.at(-1) === 0) numbers.pop();
    const seconds = (Number(hours) * 60 + Number(minutes)) * 60;
    // Python keeps a negative offset as a day less and the rest of that day.
    const delta = sign === "-" ? `days=-1, seconds=${86_400 - seconds}` : `seconds=${seconds}`;
    const zone = seconds === 0 ? "utc" : `timezone(datetime.timedelta(${delta}))`;
    const info = sign === undefined ? "" : `, tzinfo=datetime.${zone === "utc" ? "timezone.utc" : zone}`;
    return `datetime.datetime(${numbers.join(", ")}${info})`;
  }
  override toJSON(): string {
    return this.iso;
  }
}

/** Number of Python's float type: boxed when it has no fraction. */
export function float(value: number): number {
  // Declared as a number because it is one in every operation; only `typeof` differs.
  return Number.isInteger(value) ? (new Float(value) as unknown as number) : value;
}

export function isFloat(value: unknown): boolean {
  return value instanceof Float || (typeof value === "number" && !Number.isInteger(value));
}

export function isMapping(value: unknown): value is Record<string, Value> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A mapping that is one to Ansible too: neither an encrypted nor an unsafe text, which are written as mappings. */
export function isPlainMapping(value: unknown): value is Record<string, Value> {
  return isMapping(value) && !("__ansible_vault" in value) && !("__ansible_unsafe" in value);
}

/** Integer text as a number, or a bigint when a number can't hold it. */
export function integer(digits: string, radix: 2 | 8 | 10 | 16 = 10): number | bigint {
  const negative = digits.startsWith("-");
  const bare = digits.replace(/^[-+]/, "");
  const small = Number.parseInt(bare, radix);
  if (Number.isSafeInteger(small)) return negative && small !== 0 ? -small : small;
  const prefix = { 2: "0b", 8: "0o", 10: "", 16: "0x" }[radix];
  const big = BigInt(prefix + bare);
  return negative ? -big : big;
}

/** The text of an `!unsafe` value, as Ansible writes it in JSON; undefined when `value` is none. */
export function unsafeText(value: Value): string | undefined {
  return marked(value, "__ansible_unsafe");
}

/** The text of a `!vault` value, as Ansible writes it in JSON; undefined when `value` is none. */
export function vaultText(value: Value): string | undefined {
  return marked(value, "__ansible_vault");
}

function marked(value: Value, key: string): string | undefined {
  if (!isMapping(value)) return undefined;
  const text = value[key];
  return typeof text === "string" ? text : undefined;
}

/** `value` with every {@link Float} as a plain number, for callers who never print Python. */
export function plain(value: Value): Value {
  if (value instanceof Float) return value.valueOf();
  if (Array.isArray(value)) return value.map(plain);
  if (isMapping(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}
