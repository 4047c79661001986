// A peer that blocks are asked of: what it holds, how quick it is, what it was asked for and hasn't sent.
import type { Wire, WireRequest } from "peer-wire-protocol";
import type { Assembly } from "./assembly.ts";
import type { Holder } from "./book.ts";
import type { Source } from "./endgame.ts";
import { openPace, type Pace } from "./pace.ts";

export interface Peer extends Holder {
  readonly wire: Wire;
  readonly pace: Pace;
  /** What it is asked for, oldest first. */
  readonly flight: Asked[];
  /** The piece its next request is of, while that has open blocks. */
  current: Assembly<Peer> | undefined;
  /** Pieces it was too slow with: others are asked. */
  readonly late: Set<number>;
  /** Until then it is asked for nothing, unless it sends something. */
  restsUntilMs: number;
}

export interface Asked extends WireRequest {
  readonly block: number;
  readonly sinceMs: number;
}

export function askable(wire: Wire, holder: Holder): Peer {
  const nothing = { current: undefined, late: new Set<number>(), restsUntilMs: 0 };
  return Object.assign(holder, { wire, pace: openPace(), flight: [], ...nothing });
}

/** Whether it was silent and is not to be asked for now. */
export function rests({ restsUntilMs }: Peer, nowMs: number): boolean {
  return restsUntilMs !== 0 && nowMs < restsUntilMs;
}

/** Milliseconds it has sent nothing although it was asked. */
export function quietMs({ flight, pace }: Peer, nowMs: number): number {
  const [oldest] = flight;
  return oldest === undefined ? 0 : nowMs - Math.max(pace.deliveredAtMs, oldest.sinceMs);
}

/** How the endgame sees it. */
export function sourceOf(
  peer: Peer,
  nowMs: number,
  may: (piece: number) => boolean,
): Source & { readonly peer: Peer; readonly requests: readonly Asked[] } {
  const { wire, pace, flight } = peer;
  return {
    peer,
    requests: flight,
    free: wire.peerChoking || rests(peer, nowMs) ? 0 : Math.max(0, pace.depth - flight.length),
    answerMs: pace.answerMs,
    blockMs: pace.blockMs,
    quietMs: quietMs(peer, nowMs),
    may,
  };
}

/** Whoever else is asked for a block that came (or for any of the piece) needs not send it. */
export function takeBack(peers: Iterable<Peer>, piece: number, offset?: number): void {
  const came = (asked: Asked) => asked.piece === piece && (offset ?? asked.offset) === asked.offset;
  for (const { flight, wire } of peers)
    for (const each of flight.filter(came)) wire.cancel(piece, each.offset, each.length);
}

/** May be asked again for pieces that nobody else can be asked for: better late than never. */
export function forgive({ late }: Peer, active: ReadonlyMap<number, Assembly<Peer>>): void {
  for (const piece of late) {
    const assembly = active.get(piece);
    if (assembly === undefined || assembly.open === assembly.missing) late.delete(piece);
  }
}

/** Takes `item` out of the list. */
export function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at === 0) list.shift();
  else if (at > 0) list.splice(at, 1);
}
