// A host of the simulation: what it is made of, and what it is told.
import type { Book, Holder } from "../../lib/peer/book.ts";
import type { Pace } from "../../lib/peer/pace.ts";
import type { Chunk, Lane, Port } from "./network.ts";
import type { Part } from "./part.ts";

/** How the payload is cut. */
export interface Cut {
  readonly pieces: number;
  readonly pieceBytes: number;
  /** What is asked for and sent at once: one block of 16 KiB, or several, to save events. */
  readonly chunkBytes: number;
  readonly blocksAChunk: number;
}

export interface Host {
  readonly port: Port;
  readonly book: Book;
  readonly wires: Wire[];
  /** When everything was here. */
  doneMs: number | undefined;
  firstMs: number | undefined;
  /** Chunks that came though they were here already. */
  repeated: number;
  readonly said: { haves: number; requests: number; cancels: number };
  connect(lane: Lane): Wire;
  learn(wire: Wire, piece: number): void;
  receive(asked: Asked): void;
  /** Takes blocks back from peers that are long about them. Returns whether there were any. */
  look(): boolean;
}

/** What a host knows of a peer, and asks it for. */
export interface Wire extends Holder {
  readonly host: Host;
  /** From the peer to the host. */
  readonly lane: Lane;
  readonly pace: Pace;
  readonly flight: Asked[];
  current: Part | undefined;
  readonly late: Set<number>;
  restsUntilMs: number;
  /** The peer's own view of us; none where the peer is the seeder, which asks for nothing. */
  twin: Wire | undefined;
}

/** A chunk on its way. */
export interface Asked extends Chunk {
  readonly wire: Wire;
  readonly piece: number;
  readonly offset: number;
  readonly chunk: number;
  readonly sinceMs: number;
}

export interface HostOptions {
  readonly cut: Cut;
  readonly random: () => number;
  readonly nowMs: () => number;
  /** How long a request is on its way. */
  readonly requestMs: number;
  readonly ask: (asked: Asked) => void;
  /** A piece is here; these wires' peers are to be told. */
  readonly onPiece: (piece: number, to: readonly Wire[]) => void;
}
