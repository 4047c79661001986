// A bound to what one host is sent over SSH.
import { openThrottle } from "../peer/throttle.ts";

export interface Gate extends Disposable {
  /** Resolves when so many bytes may be sent. */
  pass(bytes: number): Promise<void>;
}

/** Lets bytes pass at so many a second, at once where there is no bound. */
export function openGate(bytesPerSecond: number | undefined): Gate {
  const throttle = bytesPerSecond === undefined ? undefined : openThrottle(bytesPerSecond);
  return {
    pass: async (bytes) => {
      if (throttle === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const ask = () => {
        if (throttle.take(bytes, ask)) resolve();
      };
      ask();
      await promise;
    },
    [Symbol.dispose]: () => throttle?.close(),
  };
}
