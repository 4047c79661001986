// A piece under way in the simulation: lib/peer/assembly.ts without the bytes, in chunks of one block or several.

export interface Part {
  readonly piece: number;
  readonly bytes: number;
  readonly chunks: number;
  /** Chunks that nobody is asked for. */
  open: number;
  missing: number;
  /** How many peers each chunk is asked of; HERE when it came. */
  readonly asked: Uint8Array;
}

const HERE = 255;

export function openPart(piece: number, bytes: number, chunks: number): Part {
  return { piece, bytes, chunks, open: chunks, missing: chunks, asked: new Uint8Array(chunks) };
}

/** Marks the first open chunk as asked for and returns it. */
export function takeChunk(part: Part): number {
  const chunk = part.asked.indexOf(0);
  part.asked[chunk] = 1;
  part.open--;
  return chunk;
}

/** It is asked for once more, of somebody else. */
export function takeAgain({ asked }: Part, chunk: number): void {
  if (asked[chunk] !== HERE) (asked[chunk] as number)++;
}

/** Returns whether it is open again: nobody is asked for it any more. */
export function giveBack(part: Part, chunk: number): boolean {
  const { asked } = part;
  if (asked[chunk] === HERE || asked[chunk] === 0) return false;
  (asked[chunk] as number)--;
  if (asked[chunk] !== 0) return false;
  part.open++;
  return true;
}

/** A chunk came. Returns whether that was news. */
export function putChunk(part: Part, chunk: number): boolean {
  const { asked } = part;
  if (asked[chunk] === HERE) return false;
  if (asked[chunk] === 0) part.open--;
  asked[chunk] = HERE;
  part.missing--;
  return true;
}
