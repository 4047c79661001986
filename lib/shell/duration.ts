// How long something may take, as zx has it.
import { parseDuration } from "../duration.ts";

/** Milliseconds, or text with a unit: `"500ms"`, `"10s"`, `"5m"`, `"1h"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h"}`;

/** @throws RangeError when it is no duration, or none that ends */
export function milliseconds(duration: Duration): number {
  const ms = parseDuration(typeof duration === "number" ? `${duration}ms` : duration);
  if (ms === undefined || ms <= 0) throw new RangeError(`not a duration: ${duration}`);
  return ms;
}
