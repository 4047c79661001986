// Numbers → short text that lines up: bytes, rates, times, percent, bars.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** What stands where there is no number to show. */
export const UNKNOWN = "–";

/** `bytes` with a binary unit and at most three digits: `0 B`, `1.5 KiB`, `412 MiB`, `3.2 GiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return UNKNOWN;
  let value = Math.max(0, bytes);
  let unit = 0;
  // From 999.5 on it would be rounded to four digits.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** `bytesPerSecond` as `41.2 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A duration for people: `0.8 s`, `14 s`, `2m 05s`, `1h 02m`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return UNKNOWN;
  const positive = Math.max(0, seconds);
  if (positive < 9.95) return `${positive.toFixed(1)} s`;
  const whole = Math.round(positive);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

/** Time left in whole seconds, rounded up so that it says 0 only when it is over; `–` while unknown. */
export function formatEta(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN;
  const whole = Math.ceil(Math.max(0, seconds));
  return whole < 10 ? `${whole} s` : formatDuration(whole);
}

/** Time since the start, as a clock: `0:14`, `12:05`, `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const clock = `${hours > 0 ? two(minutes) : minutes}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

/** `fraction` (0 to 1) as whole percent, rounded down: 100 % means all of it. */
export function formatPercent(fraction: number): string {
  return `${Math.floor(within(fraction) * 100)} %`;
}

/** A small part of a whole, rounded: `0.4 %`, `9.6 %`, `12 %`; unlike progress it may say 100 % early. */
export function formatShare(fraction: number): string {
  const percent = within(fraction) * 100;
  return `${percent.toFixed(percent > 0 && percent < 9.95 ? 1 : 0)} %`;
}

/** How many of `count` a noun is: `1 host`, `8 hosts`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A bar `width` columns wide: its full part and its empty part, to be coloured apart. */
export function bar(
  fraction: number,
  width: number,
  { full, empty }: { readonly full: string; readonly empty: string },
): readonly [string, string] {
  const columns = Math.max(0, Math.floor(width));
  const filled = Math.floor(within(fraction) * columns);
  return [full.repeat(filled), empty.repeat(columns - filled)];
}

function within(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
