// Super-seeding on wires: a seeder looks to each of our peers like one that gets pieces as that peer needs them.
import type { Wire } from "peer-wire-protocol";
import { BLOCK_BYTES } from "./assembly.ts";
import { piecesIn } from "./bitfield.ts";
import { openSuperSeeding, type SuperSeeding } from "./super-seeding.ts";

export interface Giving {
  /** Shows this wire's peer pieces until the wire closes: in each zone, every piece to one peer. */
  add(wire: Wire, zone: string): void;
  close(): void;
}

interface Zone {
  readonly seeding: SuperSeeding<Wire>;
  /** When a peer of it last asked for something or got something. */
  movedAtMs: number;
}

const LOOK_MS = 250;
/** A zone that stands still for so long is shown everything: whoever got a piece didn't pass it on. */
const STILL_MS = 1000;

export function startGiving({
  pieces,
  pieceBytes,
  zones,
}: {
  readonly pieces: number;
  readonly pieceBytes: (piece: number) => number;
  /** How many zones there are. */
  readonly zones: () => number;
}): Giving {
  const known = new Map<string, Zone>();

  function zoneOf(name: string): Zone {
    let zone = known.get(name);
    if (zone === undefined) {
      const seeding = openSuperSeeding<Wire>({
        pieces,
        blocksOf: (piece) => Math.ceil(pieceBytes(piece) / BLOCK_BYTES),
        show: (wire, piece) => wire.have(piece),
        sharing: zones() <= 1,
      });
      zone = { seeding, movedAtMs: performance.now() };
      known.set(name, zone);
    }
    return zone;
  }

  function look(): void {
    for (const { seeding, movedAtMs } of known.values()) {
      if (!seeding.given) continue;
      if (performance.now() - movedAtMs > STILL_MS) seeding.open();
      else seeding.look();
    }
  }
  const looker = setInterval(look, LOOK_MS);

  return {
    add: (wire, name) => {
      const zone = zoneOf(name);
      const { seeding } = zone;
      const has = (piece: number) => {
        zone.movedAtMs = performance.now();
        seeding.has(wire, piece);
      };
      wire.on("have", has);
      wire.on("bitfield", (bits: Buffer) => {
        for (const piece of piecesIn(bits, pieces) ?? []) has(piece);
      });
      wire.on("request", (piece: number) => {
        zone.movedAtMs = performance.now();
        seeding.asked(wire, piece);
      });
      wire.once("close", () => seeding.leave(wire));
      seeding.enter(wire);
    },
    close: () => clearInterval(looker),
  };
}
