// Pieces that come down a peer's own stdin while it takes part in a swarm: checked, kept and shown to others as if one
// of them had sent them. For hosts that the seeder can't reach, and can't be reached by.
import type { Wire } from "peer-wire-protocol";
import { OpsError } from "../errors.ts";
import type { Buffers } from "./buffers.ts";
import { runsOf } from "./runs.ts";
import { openShowing, type ShowingOptions } from "./showing.ts";

export interface Fed {
  /** From now on pieces are taken, and `tell` hears of every piece that is here, from whomever. Gives those that lack. */
  begin(tell: (pieces: readonly number[]) => void): readonly (readonly [number, number])[];
  /** Whether somebody feeds this peer. */
  readonly begun: boolean;
  /**
   * The next bytes: for each piece its number, 32 bits big-endian, and then all of it. Settles when there is room for
   * more. Before `begin` they are nobody's.
   */
  take(bytes: Uint8Array): Promise<void>;
  /** A piece is here that those wires' peers lack; returns whom to tell now. */
  held(piece: number, lacking: readonly Wire[]): readonly Wire[];
  /** A wire's peer has this piece. */
  seen(piece: number): void;
  close(): void;
}

/** What came of a piece: kept, here already, or other bytes than the torrent says. */
export type Taken = "new" | "held" | "wrong";

export interface FedOptions extends ShowingOptions {
  readonly pieces: number;
  readonly pieceBytes: (piece: number) => number;
  readonly holds: (piece: number) => boolean;
  /** Memory for pieces; what isn't kept goes back to it. */
  readonly buffers: Buffers;
  /** Takes a piece over if it is new. */
  readonly accept: (piece: number, bytes: Buffer) => Taken;
  /** Resolves when the disk has caught up. */
  readonly room: () => Promise<void>;
  readonly onFault: (error: unknown) => void;
}

/** Whoever feeds us sends no piece that is here, so it is told soon; not one by one. */
const TELL_MS = 40;
const NUMBER_BYTES = 4;

export function openFed(options: FedOptions): Fed {
  const { pieces, pieceBytes, holds, buffers, accept, room, onFault, without } = options;
  let tell: ((pieces: readonly number[]) => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let news: number[] = [];
  let failed = false;
  /** The piece that is being taken over. */
  let accepting: number | undefined;
  const showing = openShowing({ without });
  const number = Buffer.alloc(NUMBER_BYTES);
  let numbered = 0;
  let piece: Buffer | undefined;
  let filled = 0;

  function flush(): void {
    timer = undefined;
    tell?.(news);
    news = [];
  }

  function fail(error: unknown): void {
    failed = true;
    onFault(error);
  }

  /** Takes what belongs to the number or the piece at hand; returns the rest. */
  function step(bytes: Uint8Array): Uint8Array {
    if (piece === undefined) {
      const part = bytes.subarray(0, NUMBER_BYTES - numbered);
      number.set(part, numbered);
      numbered += part.length;
      if (numbered < NUMBER_BYTES) return bytes.subarray(part.length);
      const index = number.readUInt32BE(0);
      if (index >= pieces) throw new RangeError(`fed piece ${index} of ${pieces}`);
      piece = buffers.take(pieceBytes(index));
      filled = 0;
      return bytes.subarray(part.length);
    }
    const part = bytes.subarray(0, piece.length - filled);
    piece.set(part, filled);
    filled += part.length;
    if (filled === piece.length) {
      const whole = piece;
      piece = undefined;
      numbered = 0;
      finish(number.readUInt32BE(0), whole);
    }
    return bytes.subarray(part.length);
  }

  function finish(index: number, bytes: Buffer): void {
    accepting = index;
    const taken = accept(index, bytes);
    accepting = undefined;
    if (taken !== "new") buffers.give(bytes);
    if (taken === "wrong") fail(wrongPiece(index));
    // Whoever fed it waits for the word.
    if (taken === "held") announce(index);
  }

  function announce(index: number): void {
    if (tell === undefined) return;
    news.push(index);
    timer ??= setTimeout(flush, TELL_MS);
  }

  return {
    begin: (teller) => {
      tell = teller;
      return runsOf(Array.from({ length: pieces }, (_, index) => index).filter((index) => !holds(index)));
    },
    get begun() {
      return tell !== undefined;
    },
    take: async (bytes) => {
      if (tell === undefined) return;
      try {
        for (let rest = bytes; rest.length > 0 && !failed; ) rest = step(rest);
      } catch (error) {
        fail(error);
      }
      if (!failed) await room();
    },
    held: (index, lacking) => {
      announce(index);
      return index === accepting ? showing.fresh(index, lacking) : lacking;
    },
    seen: showing.seen,
    close: () => {
      clearTimeout(timer);
      showing.close();
    },
  };
}

/** SSH loses no bit on the way, so there is nobody to ask for better ones. */
export function wrongPiece(index: number): OpsError {
  return new OpsError("hash", `piece ${index} arrived with other bytes than the torrent says`, {
    hint: "the packed release changed on the control host, or its memory or disk is bad; run the same again",
  });
}
