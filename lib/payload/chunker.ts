// Cutting files by their content: a change moves the cuts around it, and no others.

/** Files from this size on are cut, so a version stamped into every bundle costs little; a smaller one is one chunk. */
export const CUT_BYTES = 128 * 1024;

/** How long chunks are, in bytes: none but a file's last is shorter than `min`, most are near `average`. */
export interface ChunkSizes {
  readonly min: number;
  readonly average: number;
  readonly max: number;
}

/**
 * Lengths for a file of `size` bytes: 16 KiB on average, so that a page changed here and there costs little more than
 * itself, for a list of chunks that is half a percent of the file. Larger files are cut more coarsely, or the list would
 * be what takes long. Few sizes to choose from: a file that grows past a limit has to travel whole, once.
 */
export function chunkSizes(size: number): ChunkSizes {
  let average = 16 * 1024;
  for (let limit = 256 * 1024 * 1024; size >= limit && average < 4 * 1024 * 1024; limit *= 8) average *= 4;
  return { min: average / 4, average, max: average * 4 };
}

/**
 * Length of the first chunk of `bytes` from `start` to `end`, which is all of a file's rest or at least `max` bytes.
 *
 * The gear hash of FastCDC (Xia et al., USENIX ATC 2016, sections 3.2 to 3.5): one shift and one addition a byte over a
 * table of random numbers, no cut before `min`, a mask that is hard to meet before the average and easy to meet after it.
 * @see https://www.usenix.org/conference/atc16/technical-sessions/presentation/xia
 */
export function chunkLength(bytes: Uint8Array, start: number, end: number, sizes: ChunkSizes): number {
  const { min, average, max } = sizes;
  if (end - start <= min) return end - start;
  const last = Math.min(end, start + max);
  const normal = Math.min(last, start + average);
  const bits = Math.log2(average);
  // The high bits are those that many bytes had a say in.
  const hard = -1 << (32 - bits - NORMALISATION);
  const easy = -1 << (32 - bits + NORMALISATION);
  let hash = 0;
  let at = start + min;
  for (; at < normal; at++) {
    hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
    if ((hash & hard) === 0) return at + 1 - start;
  }
  for (; at < last; at++) {
    hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
    if ((hash & easy) === 0) return at + 1 - start;
  }
  return last - start;
}

/** Bits more before the average, fewer after it. */
const NORMALISATION = 2;

/** 256 random numbers, the same everywhere and for ever: splitmix32 (a public-domain mixer by Vigna and Steele) from 0. */
const GEAR = gearTable();

function gearTable(): Int32Array {
  const table = new Int32Array(256);
  for (let index = 0; index < 256; index++) {
    let mixed = Math.imul(index + 1, 0x9e3779b9);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    table[index] = mixed ^ (mixed >>> 15);
  }
  return table;
}
