// A piece that is being fetched: its blocks as they come, from whomever.

export const BLOCK_BYTES = 16 * 1024;

/** One piece under way; `From` is who sends. */
export interface Assembly<From> {
  readonly piece: number;
  readonly bytes: Buffer;
  readonly blocks: number;
  /** Blocks that nobody is asked for. */
  readonly open: number;
  /** Those who sent blocks of it. */
  readonly senders: ReadonlySet<From>;
  /** Marks the next open block as asked for and returns its number. */
  take(): number | undefined;
  /** Nobody is asked for this block any more. */
  giveBack(block: number): void;
  /** It is asked for once more, of somebody else. */
  takeAgain(block: number): void;
  blockBytes(block: number): number;
  has(block: number): boolean;
  /** Takes a block over. Returns whether it was news; all is here when `missing` is 0. */
  put(block: number, bytes: Uint8Array, from: From): boolean;
  /** Blocks that are not here. */
  readonly missing: number;
}

const HERE = 255;

/** `bytes` is where the blocks are put together. */
export function openAssembly<From>(piece: number, bytes: Buffer): Assembly<From> {
  const pieceBytes = bytes.length;
  const blocks = Math.ceil(pieceBytes / BLOCK_BYTES);
  /** How many peers each block is asked of; HERE when it came. */
  const asked = new Uint8Array(blocks);
  const senders = new Set<From>();
  let open = blocks;
  let missing = blocks;
  /** No block before it is open. */
  let first = 0;

  const blockBytes = (block: number) => Math.min(BLOCK_BYTES, pieceBytes - block * BLOCK_BYTES);

  return {
    piece,
    bytes,
    blocks,
    senders,
    get open() {
      return open;
    },
    get missing() {
      return missing;
    },
    blockBytes,
    has: (block) => asked[block] === HERE,
    take: () => {
      if (open === 0) return undefined;
      while (asked[first] !== 0) first++;
      asked[first] = 1;
      open--;
      return first;
    },
    takeAgain: (block) => {
      if (asked[block] === HERE) return;
      if (asked[block] === 0) open--;
      (asked[block] as number)++;
    },
    giveBack: (block) => {
      if (asked[block] === HERE || asked[block] === 0) return;
      (asked[block] as number)--;
      if (asked[block] !== 0) return;
      open++;
      first = Math.min(first, block);
    },
    put: (block, data, from) => {
      if (block >= blocks || asked[block] === HERE || data.length !== blockBytes(block)) return false;
      if (asked[block] === 0) open--;
      asked[block] = HERE;
      bytes.set(data, block * BLOCK_BYTES);
      senders.add(from);
      missing--;
      return true;
    },
  };
}
