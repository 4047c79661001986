// Who sent the blocks of a piece that failed its hash.
import type { TorrentEngine } from "torrent-stream";
import type { Lane } from "./lane.ts";

export interface HashWatch {
  readonly onFailure: (piece: number) => void;
  /** Right after `onFailure`. */
  readonly onSenders: (piece: number, senders: readonly Lane[]) => void;
}

/** Closed wires that are remembered: their blocks may be part of a piece that others finish. */
const MAX_CLOSED = 50;

/**
 * torrent-stream doesn't say who sent what. But right after it tells of a failure, it books a strike on every wire
 * that sent a block of the piece, and the strikes can be counted.
 */
export function watchHashes(engine: TorrentEngine, { onFailure, onSenders }: HashWatch): void {
  const closed: Lane[] = [];
  engine.swarm.on("wire-disconnect", (wire: Lane) => {
    closed.push(wire);
    if (closed.length > MAX_CLOSED) closed.shift();
  });
  engine.on("invalid-piece", (piece: number) => {
    const before = [...(engine.swarm.wires as readonly Lane[]), ...closed].map(
      (wire) => [wire, strikes(wire)] as const,
    );
    onFailure(piece);
    queueMicrotask(() => {
      const senders = before.filter(([wire, count]) => strikes(wire) > count).map(([wire]) => wire);
      onSenders(piece, senders);
    });
  });
}

function strikes(wire: Lane): number {
  return wire.badPieceStrikes?.length ?? 0;
}
