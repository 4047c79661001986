// Which plain scalars are more than text to PyYAML: booleans, integers, floats and timestamps of YAML 1.1.

import { float, integer, Timestamp } from "./scalars.ts";

const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INT =
  /^(?:([-+]?)(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)|([-+]?)([1-9][0-9_]*(?::[0-5]?[0-9])+))$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const MOMENT =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?$/;

export function booleanOf(text: string): boolean | undefined {
  return BOOL.test(text) ? /^(?:y|t|on)/i.test(text) : undefined;
}

export function intOf(text: string): number | bigint | undefined {
  const [, sign = "", digits, sexagesimalSign = "", sexagesimal] = INT.exec(text) ?? [];
  if (sexagesimal !== undefined) return Number(`${sexagesimalSign}${inBase60(sexagesimal)}`);
  if (digits === undefined) return undefined;
  const bare = digits.replaceAll("_", "");
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

function inBase60(digits: string): number {
  return digits
    .replaceAll("_", "")
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}

export function timestampOf(text: string): Timestamp | undefined {
  if (DATE.test(text)) return new Timestamp(text, Date.parse(text));
  const found = MOMENT.exec(text);
  if (found === null) return undefined;
  const [, year, month = "", day = "", hour = "", minute, second, fraction = "", zone] = found;
  const two = (part: string) => part.padStart(2, "0");
  const micros = Number(fraction) === 0 ? "" : `.${fraction.slice(0, 6).padEnd(6, "0")}`;
  const clock = `${year}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${second}${micros}`;
  if (zone === undefined) return new Timestamp(clock, `${clock}Z`);
  const [, sign = "+", hours = "0", minutes = "00"] = /^([-+])([0-9]{1,2})(?::([0-9]{2}))?$/.exec(zone) ?? [];
  const offset = `${sign}${two(hours)}:${minutes}`;
  return new Timestamp(clock + offset, clock + offset);
}
