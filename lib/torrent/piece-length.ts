const MIN_PIECE_LENGTH = 32 * 1024;
const MAX_PIECE_LENGTH = 16 * 1024 * 1024;

/**
 * Piece length for a torrent of `totalBytes`, in bytes: the smallest power of two from 32 KiB to 16 MiB that gives at
 * most `maxPieces` pieces (16 MiB when none does). From 16 MiB to 16 GiB that is 513 to 1024 pieces.
 *
 * A peer passes on only pieces it has whole: N peers with equal uplinks need at best F/u · (1 + log2 N / M) for F bytes
 * in M pieces (Mundinger, Weber, Weiss 2008), so a thousand peers lose 14 % with 64 pieces and 1 % with 1024. Beyond
 * that the HAVE messages, pieces times peers times wires, cost more than the last percent.
 * @throws RangeError when `totalBytes` is not a positive integer
 * @see https://www.bittorrent.org/beps/bep_0003.html, "piece length"
 */
export function pieceLength(totalBytes: number, { maxPieces = 1024 } = {}): number {
  if (!(Number.isSafeInteger(totalBytes) && totalBytes > 0))
    throw new RangeError(`not a size: ${totalBytes}`);
  if (!(Number.isSafeInteger(maxPieces) && maxPieces > 0)) throw new RangeError(`not a count: ${maxPieces}`);
  let length = MIN_PIECE_LENGTH;
  while (length < MAX_PIECE_LENGTH && totalBytes / length > maxPieces) length *= 2;
  return length;
}
