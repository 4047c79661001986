// `!!int` and `!!float` in front of any text: what Python's int() and float() make of it.

import { float, integer } from "./scalars.ts";

const BASES = [
  { prefix: "0b", radix: 2, digits: /^([-+]?)(?:0b)?([01]+)$/i },
  { prefix: "0x", radix: 16, digits: /^([-+]?)(?:0x)?([\da-f]+)$/i },
  { prefix: "0", radix: 8, digits: /^([-+]?)(?:0?o)?([0-7]+)$/i },
] as const;
const DECIMAL = /^([-+]?)(\d+)$/;

/** Undefined when PyYAML refuses it. */
export function explicitInt(text: string): number | bigint | undefined {
  const [negative, bare] = signed(text);
  const base = bare === "0" ? undefined : BASES.find(({ prefix }) => bare.startsWith(prefix));
  if (base === undefined && bare.includes(":")) {
    let sum = 0n;
    for (const part of bare.split(":")) {
      const digits = part.trim();
      if (!DECIMAL.test(digits)) return undefined;
      sum = sum * 60n + BigInt(digits.replace("+", ""));
    }
    return integer(String(negative ? -sum : sum));
  }
  const rest = base === undefined || base.radix === 8 ? bare : bare.slice(2);
  const [, sign = "", digits] = (base?.digits ?? DECIMAL).exec(rest.trim()) ?? [];
  if (digits === undefined) return undefined;
  return integer(((sign === "-") !== negative ? "-" : "") + digits, base?.radix ?? 10);
}

/** Undefined when PyYAML refuses it. */
export function explicitFloat(text: string): number | undefined {
  const [negative, bare] = signed(text.toLowerCase());
  if (bare === ".nan") return Number.NaN;
  let [sum, base] = [0, 1];
  for (const part of bare.split(":").reverse()) {
    const number = bare === ".inf" ? Number.POSITIVE_INFINITY : pythonFloat(part.trim());
    if (number === undefined) return undefined;
    sum += number * base;
    base *= 60;
  }
  return float(negative ? -sum : sum);
}

function signed(text: string): readonly [negative: boolean, bare: string] {
  const bare = text.replaceAll("_", "");
  return [bare.startsWith("-"), /^[-+]/.test(bare) ? bare.slice(1) : bare];
}

function pythonFloat(text: string): number | undefined {
  if (/^[-+]?nan$/.test(text)) return Number.NaN;
  if (/^[-+]?inf(?:inity)?$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}
