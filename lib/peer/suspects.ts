// Pieces that failed their hash, and who may be asked for them again.

export interface Suspects<Peer> {
  /** Whether this peer may be asked for the piece: one that failed is asked of one peer alone. */
  clear(piece: number, peer: Peer): boolean;
  /** The piece is begun with this peer. */
  began(piece: number, peer: Peer): void;
  /** It failed, and these sent its blocks. Returns the culprit, if there is but one. */
  failed(piece: number, senders: ReadonlySet<Peer>): Peer | undefined;
  /** It is right at last. */
  settled(piece: number): void;
  /** The peer is gone. Returns the pieces that it alone was asked for: they are to be begun again, with others. */
  left(peer: Peer): readonly number[];
}

export function openSuspects<Peer>(): Suspects<Peer> {
  /** The only peer that may be asked for a piece; undefined until it is begun again. */
  const solo = new Map<number, Peer | undefined>();
  return {
    clear: (piece, peer) => !solo.has(piece) || solo.get(piece) === peer,
    began: (piece, peer) => {
      if (solo.has(piece)) solo.set(piece, peer);
    },
    failed: (piece, senders) => {
      solo.set(piece, undefined);
      const [sender] = senders;
      // Of several, it may be any: next time there is one suspect.
      return senders.size === 1 ? sender : undefined;
    },
    settled: (piece) => void solo.delete(piece),
    left: (peer) => {
      const pieces = [...solo].flatMap(([piece, owner]) => (owner === peer ? [piece] : []));
      for (const piece of pieces) solo.set(piece, undefined);
      return pieces;
    },
  };
}
