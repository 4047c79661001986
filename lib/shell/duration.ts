// How long something may take, as zx has it.

/** Milliseconds, or text with a unit: `"500ms"`, `"10s"`, `"5m"`. */
export type Duration = number | `${number}ms` | `${number}s` | `${number}m`;

const MS = { ms: 1, s: 1000, m: 60_000 } as const;

/** @throws RangeError when it is no duration, or none that ends */
export function milliseconds(duration: Duration): number {
  const [, number, unit] =
    /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(typeof duration === "number" ? `${duration}ms` : duration) ?? [];
  const ms = Number(number) * MS[(unit ?? "ms") as keyof typeof MS];
  if (!(Number.isFinite(ms) && ms > 0)) throw new RangeError(`not a duration: ${duration}`);
  return ms;
}
