// A bound to bytes a second, shared by all wires of a peer: a bucket that tokens drip into (BEP 3's blocks are the drops).

export interface Throttle {
  /** Takes the bytes when there is room for them; else `free` is called once there may be. */
  take(bytes: number, free: () => void): boolean;
  close(): void;
}

/** What may pass at once after a pause: enough that a busy machine's late timers are not the bound. */
const BURST_MS = 250;
const MIN_BURST_BYTES = 32 * 1024;

/** @throws RangeError when `bytesPerSecond` is none */
export function openThrottle(bytesPerSecond: number): Throttle {
  if (!(bytesPerSecond > 0)) throw new RangeError(`not bytes a second: ${bytesPerSecond}`);
  const burst = Math.max(MIN_BURST_BYTES, (bytesPerSecond * BURST_MS) / 1000);
  const waiting = new Set<() => void>();
  let tokens = 0;
  let atMs = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function refill(): void {
    const nowMs = performance.now();
    tokens = Math.min(burst, tokens + ((nowMs - atMs) * bytesPerSecond) / 1000);
    atMs = nowMs;
  }

  function wake(): void {
    timer = undefined;
    // In the order they came; whoever doesn't get its turn waits at the end.
    for (const free of [...waiting]) {
      waiting.delete(free);
      free();
    }
  }

  return {
    take: (bytes, free) => {
      refill();
      // Nobody passes by those who wait; a block larger than the bucket may leave it in debt.
      if (tokens > 0) {
        tokens -= bytes;
        return true;
      }
      waiting.add(free);
      timer ??= setTimeout(wake, Math.max(1, ((MIN_BURST_BYTES / 2 - tokens) * 1000) / bytesPerSecond));
      return false;
    },
    close: () => clearTimeout(timer),
  };
}
