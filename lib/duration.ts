// Spans of time as operators write them.
import { OpsError } from "./errors.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1000, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of `15m`, `90s`, `1h` or `1h30m`; a bare number is seconds. `name` is the flag or setting, for messages.
 * @throws OpsError `usage`
 */
export function parseDuration(text: string, name: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)([smh]?)/g)];
  const isWhole = parts.map(([part]) => part).join("") === text.trim() && parts.length > 0;
  const units = parts.map(([, , unit = ""]) => unit);
  if (!isWhole || (units.includes("") && units.length > 1) || new Set(units).size < units.length)
    throw new OpsError("usage", `${name} wants a time such as 90s, 15m or 1h, not "${text}"`);
  return parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (UNITS[unit] ?? 0), 0);
}
