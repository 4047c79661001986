// Blocks that are late, asked of others: what endgame.ts decides, done on wires.
import { type Peer, sourceOf } from "./asked.ts";
import { type Assembly, BLOCK_BYTES } from "./assembly.ts";
import { movesFor } from "./endgame.ts";

/** A wire whose blocks were taken back because it was silent is asked for nothing until it sends, or for this long. */
const REST_MS = 4000;

export interface Rescuing {
  readonly peers: ReadonlySet<Peer>;
  /** Pieces under way. */
  readonly active: ReadonlyMap<number, Assembly<Peer>>;
  /** Blocks asked of a second peer. */
  readonly contested: Set<string>;
  readonly mayAsk: (peer: Peer, piece: number) => boolean;
  readonly ask: (peer: Peer, assembly: Assembly<Peer>, block: number) => void;
}

/** Takes blocks back from wires that will be long about them. Returns whether there were any. */
export function rescue({ peers, active, contested, mayAsk, ask }: Rescuing, nowMs: number): boolean {
  const sources = [...peers].map((peer) => sourceOf(peer, nowMs, (piece) => mayAsk(peer, piece)));
  const moves = movesFor(sources);
  for (const { from, to, request } of moves) {
    const { piece, offset, length } = request;
    const assembly = active.get(piece);
    if (assembly === undefined) continue;
    const block = offset / BLOCK_BYTES;
    assembly.takeAgain(block);
    contested.add(`${piece}+${block}`);
    ask(to.peer, assembly, block);
    from.peer.late.add(piece);
    if (from.quietMs > from.blockMs * from.requests.length)
      from.peer.restsUntilMs = nowMs + Math.min(REST_MS, 2 * from.quietMs);
    from.peer.wire.cancel(piece, offset, length);
  }
  return moves.length > 0;
}
