// Which plain scalars are more than text to PyYAML: booleans, integers, floats and timestamps of YAML 1.1.

import { float, integer, Timestamp } from "./scalars.ts";

const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INT =
  /^(?:([-+]?)(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)|([-+]?)([1-9][0-9_]*(?::[0-5]?[0-9])+))$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const LOOSE_DATE = /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$/;
const MOMENT =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?$/;

export function booleanOf(text: string): boolean | undefined {
  return BOOL.test(text) ? /^(?:y|t|on)/i.test(text) : undefined;
}

/** NaN for what PyYAML takes for an integer without digits, and refuses: `0b_`. */
export function intOf(text: string): number | bigint | undefined {
  const [, sign = "", digits, sexagesimalSign = "", sexagesimal] = INT.exec(text) ?? [];
  if (sexagesimal !== undefined) {
    const sum = sexagesimal
      .replaceAll("_", "")
      .split(":")
      .reduce((all, part) => all * 60n + BigInt(part), 0n);
    return integer(`${sexagesimalSign}${sum}`);
  }
  if (digits === undefined) return undefined;
  const bare = digits.replaceAll("_", "");
  if (bare === "0b" || bare === "0x") return Number.NaN;
  if (bare.startsWith("0b")) return integer(sign + bare.slice(2), 2);
  if (bare.startsWith("0x")) return integer(sign + bare.slice(2), 16);
  return integer(sign + bare, bare.length > 1 && bare.startsWith("0") ? 8 : 10);
}

export function floatOf(text: string): number | undefined {
  if (!FLOAT.test(text)) return undefined;
  const bare = text.replaceAll("_", "").toLowerCase();
  const sign = bare.startsWith("-") ? -1 : 1;
  const digits = bare.replace(/^[-+]/, "");
  if (digits === ".inf") return sign * Number.POSITIVE_INFINITY;
  if (digits === ".nan") return Number.NaN;
  return float(sign * (digits.includes(":") ? inBase60(digits) : Number(digits)));
}

/** Added up from the last part on, as Python does: floats are exact only so. */
function inBase60(digits: string): number {
  let [sum, base] = [0, 1];
  for (const part of digits.split(":").reverse()) {
    sum += Number(part) * base;
    base *= 60;
  }
  return sum;
}

/**
 * A date or a moment; an invalid one (`getTime` is NaN) for what looks like one and isn't, which PyYAML refuses.
 * With `loose`, as `!!timestamp` takes it: a date's month and day may have one digit.
 */
export function timestampOf(text: string, { loose = false } = {}): Timestamp | undefined {
  const [, ...date] = (loose ? LOOSE_DATE : DATE).exec(text) ?? [];
  if (date.length > 0) {
    const iso = isoDate(date);
    return new Timestamp(iso ?? text, iso ?? Number.NaN);
  }
  const found = MOMENT.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour = "", minute = "", second = "", fraction = "", zone] = found;
  const iso = isoDate([year, month, day]);
  const micros = Number(fraction) === 0 ? "" : `.${fraction.slice(0, 6).padEnd(6, "0")}`;
  const clock = `${iso}T${hour.padStart(2, "0")}:${minute}:${second}${Number(micros) === 0 ? "" : micros}`;
  const offset = zone === undefined ? "" : isoOffset(zone);
  if (
    iso === undefined ||
    offset === undefined ||
    Number(hour) > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59
  )
    return new Timestamp(text, Number.NaN);
  return new Timestamp(clock + offset, zone === undefined ? `${clock}Z` : clock + offset);
}

/** Undefined for a day that no calendar has. */
function isoDate([year = "", month = "", day = ""]: readonly (string | undefined)[]): string | undefined {
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const time = Date.parse(iso);
  return Number.isNaN(time) || Number(year) === 0 || new Date(time).getUTCDate() !== Number(day)
    ? undefined
    : iso;
}

/** Undefined for a day and more, which Python refuses. */
function isoOffset(zone: string): string | undefined {
  const [, sign = "+", hours = "0", minutes = "0"] = /^([-+])([0-9]{1,2})(?::([0-9]{2}))?$/.exec(zone) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  if (total >= 24 * 60) return undefined;
  const two = (part: number) => String(part).padStart(2, "0");
  return `${total === 0 ? "+" : sign}${two(Math.floor(total / 60))}:${two(total % 60)}`;
}
