// Super-seeding on wires: a seeder looks to each peer like one that gets pieces as this peer needs them.
import type { Wire } from "peer-wire-protocol";
import { BLOCK_BYTES } from "./assembly.ts";
import { openSuperSeeding } from "./super-seeding.ts";

export interface Giving {
  /** Shows this wire's peer pieces until the wire closes. */
  add(wire: Wire): void;
  close(): void;
}

/** When every piece is on its way, those who got one have this long to pass it on before all are shown everything. */
const OPEN_MS = 1000;

export function startGiving({
  pieces,
  pieceBytes,
}: {
  readonly pieces: number;
  readonly pieceBytes: (piece: number) => number;
}): Giving {
  const seeding = openSuperSeeding<Wire>({
    pieces,
    blocksOf: (piece) => Math.ceil(pieceBytes(piece) / BLOCK_BYTES),
    show: (wire, piece) => wire.have(piece),
  });
  let opening: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    if (seeding.given) opening ??= setTimeout(seeding.open, OPEN_MS);
  };
  return {
    add: (wire) => {
      wire.on("have", (piece: number) => seeding.has(wire, piece));
      wire.on("bitfield", (bits: Buffer) => {
        for (let piece = 0; piece < pieces; piece++)
          if (((bits[piece >> 3] ?? 0) & (128 >> (piece & 7))) !== 0) seeding.has(wire, piece);
      });
      wire.on("request", (piece: number) => {
        seeding.asked(wire, piece);
        look();
      });
      wire.once("close", () => seeding.leave(wire));
      seeding.enter(wire);
    },
    close: () => clearTimeout(opening),
  };
}
