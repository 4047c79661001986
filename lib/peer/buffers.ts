// Memory for pieces, used again: a peer that took new memory for each would hold what the garbage collector has not
// found yet several times over, and pay for each page anew.

export interface Buffers {
  /** Memory of this size, with whatever was in it. */
  take(bytes: number): Buffer;
  /** Nobody looks at it any more. */
  give(buffer: Buffer): void;
}

/** Keeps `spare` buffers of `length` bytes at most for the next who asks; others are made and forgotten. */
export function openBuffers(length: number, spare: number): Buffers {
  const free: Buffer[] = [];
  return {
    take: (bytes) =>
      // Not from node's pool, where a piece would keep its neighbours.
      (bytes === length ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes),
    give: (buffer) => {
      if (buffer.length === length && free.length < spare) free.push(buffer);
    },
  };
}
