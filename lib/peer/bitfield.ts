// Pieces as BEP 3's bitfield: a bit each, the first one the highest of the first byte.

/** One bit for each flag. */
export function bitfieldOf(flags: Uint8Array): Buffer {
  const bits = Buffer.alloc(Math.ceil(flags.length / 8));
  for (const [piece, flag] of flags.entries())
    if (flag === 1) bits[piece >> 3] = (bits[piece >> 3] as number) | (128 >> (piece & 7));
  return bits;
}

/** Pieces whose bit is set; undefined when it is no bitfield of `pieces` pieces. */
export function piecesIn(bits: Uint8Array, pieces: number): number[] | undefined {
  if (bits.length !== Math.ceil(pieces / 8)) return undefined;
  return Array.from({ length: pieces }, (_, piece) => piece).filter(
    (piece) => ((bits[piece >> 3] as number) & (128 >> (piece & 7))) !== 0,
  );
}
