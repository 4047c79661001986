// Whom a fed peer shows the pieces that it alone has. Shown to all, each would be asked for by all of them at once, who
// then wait in each other's way: six hosts behind a bastion, two of them fed, took half as long again (1.9 F/u, not 1.4).
import type { Wire } from "peer-wire-protocol";

export interface Showing {
  /** A piece is here that those don't have; returns whom to tell. */
  fresh(piece: number, lacking: readonly Wire[]): readonly Wire[];
  /** Somebody else has this piece. */
  seen(piece: number): void;
  close(): void;
}

export interface ShowingOptions {
  /** Wires whose peers don't have this piece. */
  readonly without: (piece: number) => readonly Wire[];
}

interface Shown {
  readonly wire: Wire;
  readonly sinceMs: number;
}

/** With no more than so many pieces on their way to the first who gets them, there is time for others, too. */
const BUSY_PIECES = 4;
const LOOK_MS = 100;
/** A piece that nobody has after so long, or after so many times what others took, is shown to all. */
const LATE_MS = 500;
const LATE_TIMES = 4;

export function openShowing({ without }: ShowingOptions): Showing {
  /** Pieces that one peer was shown. */
  const shown = new Map<number, Shown>();
  /** Pieces that others have as well, and not all were told of. */
  const spread: number[] = [];
  let usualMs = 0;
  let looker: ReturnType<typeof setInterval> | undefined;

  function load(wire: Wire): number {
    return shown.values().reduce((sum, each) => sum + (each.wire === wire ? 1 : 0), 0);
  }

  function tellAll(piece: number): void {
    for (const wire of without(piece)) wire.have(piece);
  }

  function share(): void {
    while (shown.size <= BUSY_PIECES) {
      const piece = spread.shift();
      if (piece === undefined) return;
      tellAll(piece);
    }
  }

  function look(): void {
    const before = performance.now() - Math.max(LATE_MS, LATE_TIMES * usualMs);
    for (const [piece, { wire, sinceMs }] of shown) {
      if (sinceMs > before && !wire._finished) continue;
      shown.delete(piece);
      tellAll(piece);
    }
    share();
    if (shown.size > 0 || spread.length > 0) return;
    clearInterval(looker);
    looker = undefined;
  }

  return {
    fresh: (piece, lacking) => {
      if (lacking.length < 2) return lacking;
      const loads = lacking.map((wire) => ({ wire, load: load(wire) + Math.random() / 2 }));
      const { wire } = loads.reduce((least, each) => (each.load < least.load ? each : least));
      shown.set(piece, { wire, sinceMs: performance.now() });
      looker ??= setInterval(look, LOOK_MS);
      return [wire];
    },
    seen: (piece) => {
      const first = shown.get(piece);
      if (first === undefined) return;
      shown.delete(piece);
      usualMs += (performance.now() - first.sinceMs - usualMs) / 8;
      spread.push(piece);
      share();
    },
    close: () => clearInterval(looker),
  };
}
