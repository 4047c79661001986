// What fetch.ts is given and what it tells.
import type { Wire } from "peer-wire-protocol";
import type { BookOptions } from "./book.ts";
import type { Buffers } from "./buffers.ts";
import type { Taken } from "./fed.ts";
import type { Throttle } from "./throttle.ts";

export interface Fetch {
  /** Pieces still to be verified. */
  readonly left: number;
  readonly sums: FetchSums;
  /** Takes part in what this wire's peer holds, until the wire closes. */
  add(wire: Wire): void;
  /** Wires whose peers don't hold this piece, as far as we know. */
  without(piece: number): Wire[];
  /** A piece that came another way; it is taken over if it is new and right, and nobody is asked for it any more. */
  accept(piece: number, bytes: Buffer): Taken;
  /** Gives out requests, soon. */
  plan(): void;
  close(): void;
}

export interface FetchSums {
  /** Bytes of blocks that were of use: none twice. */
  readonly receivedBytes: number;
  /** Pieces that failed their hash. */
  readonly failures: number;
  /** When the last block of use came, by performance.now(). */
  readonly movedAtMs: number;
}

export interface FetchOptions extends BookOptions {
  readonly pieceBytes: (piece: number) => number;
  /** Memory for pieces under way. */
  readonly buffers: Buffers;
  readonly isRight: (piece: number, bytes: Buffer) => boolean;
  /** A piece is here and right; its memory is the receiver's now. */
  readonly onPiece: (piece: number, bytes: Buffer) => void;
  readonly download?: Throttle | undefined;
  /** Whether no more pieces should be begun for now: the disk is behind. */
  readonly paused: () => boolean;
  /** A wire's peer holds everything, and nothing is left to fetch. */
  readonly onSeeder: (wire: Wire) => void;
  /** A wire broke the protocol, or sent wrong pieces all by itself. */
  readonly onViolation: (wire: Wire) => void;
  /** A wire was asked and has sent nothing for a long time. */
  readonly onSilence: (wire: Wire) => void;
}
