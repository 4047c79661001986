// Many hosts, a few at a time.
import { OpsError } from "../errors.ts";

/**
 * `work` on every item, at most `limit` at a time and in order; one result an item, in the items' order, as
 * Promise.allSettled gives them. Once `signal` is aborted no more work is begun: what was not begun is rejected
 * with OpsError `interrupted`; what runs has the same signal and ends by itself.
 * @throws RangeError when `limit` is not a positive integer
 */
export async function eachLimited<T, R>(
  items: readonly T[],
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
  work: (item: T, index: number) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  if (!(Number.isInteger(limit) && limit > 0)) throw new RangeError(`not a limit: ${limit}`);
  const slot = limiter(limit);
  return Promise.allSettled(
    items.map((item, index) =>
      slot(async () => {
        throwIfInterrupted(signal);
        return work(item, index);
      }),
    ),
  );
}

/** A gate that lets `limit` pieces of work run at a time; the others wait in line. */
export function limiter(limit: number): <R>(work: () => Promise<R>) => Promise<R> {
  const waiting: (() => void)[] = [];
  let free = limit;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed over, not given back, so that nobody jumps the queue.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** @throws OpsError `interrupted`, with the signal's reason as cause */
export function throwIfInterrupted(signal: AbortSignal | undefined, host?: string): void {
  if (!signal?.aborted) return;
  throw interrupted(signal, host);
}

/** The error for an aborted `signal`: its own reason where that is an OpsError already. */
export function interrupted(signal: AbortSignal, host?: string): OpsError {
  if (signal.reason instanceof OpsError) return signal.reason;
  return new OpsError("interrupted", "interrupted", { host, cause: signal.reason });
}
