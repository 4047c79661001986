// Values handed from whoever makes them to whoever loops over them.

export interface Queue<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** Ends the loop once everything pushed so far was taken. */
  end(): void;
}

/** A queue for one reader: it takes values in order and ends after `end()`. */
export function queue<T>(): Queue<T> {
  let values: T[] = [];
  let ended = false;
  let wake = Promise.withResolvers<void>();
  return {
    push(value) {
      values.push(value);
      wake.resolve();
    },
    end() {
      ended = true;
      wake.resolve();
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const taken = values;
        values = [];
        yield* taken;
        if (values.length > 0) continue;
        if (ended) return;
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    },
  };
}
