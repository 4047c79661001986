// Long synchronous work, cut so that sockets, screens and Ctrl+C get their turn.
import { setImmediate } from "node:timers/promises";

/**
 * A function to call between small steps of long work: `await pause()` lets everything else run when the last turn is
 * over `sliceMs` ago, and throws when `signal` is aborted. One system call a file is cheapest made synchronously; a
 * peer that blocks for seconds doing so would stop serving its neighbours.
 */
export function startSlices({
  signal,
  sliceMs = 10,
}: {
  signal?: AbortSignal | undefined;
  sliceMs?: number;
} = {}) {
  let since = performance.now();
  return async function pause(): Promise<void> {
    signal?.throwIfAborted();
    if (performance.now() - since < sliceMs) return;
    await setImmediate();
    since = performance.now();
    signal?.throwIfAborted();
  };
}
