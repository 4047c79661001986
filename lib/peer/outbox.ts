// What a wire has to say and the socket has not taken: bytes one after the other, in one piece of memory.

export interface Outbox {
  readonly bytes: number;
  /** Takes a copy, so that the caller's memory is its own again. */
  push(bytes: Uint8Array): void;
  /** Gives the socket all it takes. */
  flush(): void;
  /** The socket takes bytes again. */
  drained(): void;
}

const FIRST_BYTES = 64 * 1024;

/** `write` returns how many bytes were taken. */
export function openOutbox(write: (bytes: Uint8Array) => number): Outbox {
  // Made when there is something to say: most wires of a large fleet never send a block.
  let box: Buffer | undefined;
  let from = 0;
  let to = 0;
  let blocked = false;

  function room(bytes: number): Buffer {
    const waiting = to - from;
    let target = box ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
    if (to + bytes > target.length) {
      let size = target.length;
      while (size < waiting + bytes) size *= 2;
      if (size > target.length) target = Buffer.allocUnsafeSlow(size);
      box?.copy(target, 0, from, to);
      from = 0;
      to = waiting;
    }
    box = target;
    return target;
  }

  function flush(): void {
    while (!blocked && box !== undefined && from < to) {
      const bytes = box.subarray(from, to);
      const taken = Math.max(0, write(bytes));
      blocked = taken < bytes.length;
      from += taken;
    }
    if (from === to) from = to = 0;
  }

  return {
    get bytes() {
      return to - from;
    },
    push: (bytes) => {
      room(bytes.length).set(bytes, to);
      to += bytes.length;
    },
    flush,
    drained: () => {
      blocked = false;
      flush();
    },
  };
}
