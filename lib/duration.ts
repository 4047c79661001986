// Lengths of time as operators write them.

const UNITS: Readonly<Record<string, number>> = { "": 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `1.5m`, `1h30m`, or a number alone, in seconds: in milliseconds. Undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|[smh])?/g)];
  const units = parts.map(([, , unit = ""]) => unit);
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join("") === text.trim();
  if (!isWhole || (units.includes("") && units.length > 1) || new Set(units).size < units.length)
    return undefined;
  const ms = Math.round(
    parts.reduce((sum, [, digits, unit = ""]) => sum + Number(digits) * (UNITS[unit] ?? 1), 0),
  );
  return Number.isSafeInteger(ms) ? ms : undefined;
}
