// Where a run waits until somebody lets it go on.

export class Pause {
  #go: (() => void) | undefined;

  /**
   * Waits for `goOn`, for `forMs` at most.
   * @throws the signal's reason when it is aborted first
   */
  async wait({
    forMs,
    signal,
  }: {
    readonly forMs?: number | undefined;
    readonly signal: AbortSignal;
  }): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs);
    this.#go = resolve;
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      this.#go = undefined;
    }
  }

  /** Lets the run go on, if it waits. */
  goOn(): void {
    this.#go?.();
  }
}
