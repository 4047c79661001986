// Whom a peer dials, and when again after an attempt failed.
import type { Address } from "./links.ts";

export interface Target extends Address {
  /** Known after its first handshake. */
  peerId?: string;
  busy: boolean;
  failures: number;
  retryAtMs: number;
}

const RETRY_MS = [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000] as const;

export function newTarget({ address, port }: Address): Target {
  return { address, port, busy: false, failures: 0, retryAtMs: 0 };
}

/** Named once more by someone who thinks it is there: worth new attempts. */
export function again(target: Target): void {
  if (target.retryAtMs === Number.POSITIVE_INFINITY) Object.assign(target, { failures: 0, retryAtMs: 0 });
}

/** An attempt is over. `peerId`: who was there, if it came to a handshake; `lasted`: the link was one of some time. */
export function attempted(
  target: Target,
  { peerId, lasted }: { readonly peerId: string | undefined; readonly lasted: boolean },
): void {
  target.busy = false;
  if (peerId !== undefined) target.peerId = peerId;
  if (peerId !== undefined && lasted) target.failures = 0;
  target.retryAtMs = Date.now() + (RETRY_MS[target.failures++] ?? Number.POSITIVE_INFINITY);
}

/** In another order, in place: many peers that dial the same ones should not all begin with the same one. */
export function shuffled<T>(list: T[]): T[] {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}
