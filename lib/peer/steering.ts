// Applies the policy to torrent-stream's wires. torrent-stream walks one list of selected pieces in the same order
// for every wire and asks for whatever `lane.peerPieces` says the peer has. Pieces are selected only once they are
// to be fetched, and peerPieces shows only what is to be asked of that peer: so each wire walks a list of its own,
// and the list stays short (its walk is repeated for every block of every wire).
import { type BookOptions, openBook, type Peer } from "./book.ts";
import { movesFor, type Source } from "./endgame.ts";
import type { Lane } from "./lane.ts";
import { availability, nextPiece, piecesPerPeer } from "./policy.ts";

export interface Steering {
  /** Pieces still to be verified. */
  readonly left: number;
  /** Must be called before torrent-stream sees the wire. */
  add(lane: Lane): void;
  /** A block of the piece was asked for. */
  taken(piece: number): void;
  /** It won't come. */
  returned(piece: number): void;
  /** A piece was verified. */
  done(piece: number): void;
  /** A piece failed its hash: from now on it is asked of one peer at a time, and of nobody until `plan`. */
  spoiled(piece: number): void;
  /** All of a piece that failed came from this wire. Returns how many of its pieces did. */
  accuse(lane: Lane, piece: number): number;
  /** Gives out pieces, soon. */
  plan(): void;
  availability(): number;
  close(): void;
}

export interface SteeringOptions extends BookOptions {
  /** Makes torrent-stream fetch a piece. */
  readonly select: (piece: number) => void;
  /** Makes torrent-stream look at its wires again, where nothing new was selected. */
  readonly refresh: () => void;
  /** Whether no more pieces should be begun for now: the disk is behind. */
  readonly paused: () => boolean;
  /** A wire's peer holds everything; told again while that is so and nothing is left to fetch. */
  readonly onSeeder: (lane: Lane) => void;
  /** A wire broke the protocol. */
  readonly onViolation: (lane: Lane) => void;
}

/** How often late blocks are looked for. */
const LOOK_MS = 200;
/** A wire whose blocks were taken back because it was silent is asked for nothing until it sends, or for this long. */
const REST_MS = 4000;

export function startSteering(options: SteeringOptions): Steering {
  const { pieces, pieceLength, select, refresh, paused, onSeeder, onViolation } = options;
  const book = openBook(options);
  const { swarm, peers } = book;
  const selected = new Set<number>();
  let planned: ReturnType<typeof setImmediate> | undefined;
  let closed = false;
  // Later than the timer: what arrived while this process was busy is read first.
  const looker = setInterval(() => setImmediate(look), LOOK_MS);

  /** Whether pieces were given out that torrent-stream doesn't know of yet. */
  function fill(peer: Peer): boolean {
    if (peer.lane.peerChoking) {
      // Nothing is asked of it, so that nobody waits for it; but it must know that we would like to.
      if (nextPiece(swarm, peer) !== undefined) peer.lane.interested();
      return false;
    }
    if (rests(peer)) return false;
    let unknown = false;
    const most = piecesPerPeer(pieceLength, peer.lane.depth);
    while (peer.asked.size < most && !paused()) {
      const piece = nextPiece(swarm, peer);
      if (piece === undefined) break;
      book.ask(peer, piece);
      // Selecting makes torrent-stream look at its wires at once, so it comes after peerPieces.
      if (selected.has(piece)) unknown = true;
      else {
        selected.add(piece);
        select(piece);
      }
    }
    return unknown;
  }

  function plan(): void {
    planned = undefined;
    if (book.left === 0) return;
    let unknown = false;
    for (const peer of peers.values()) unknown = fill(peer) || unknown;
    if (unknown) refresh();
  }

  /** News of what peers hold come in bursts: one round for all of them. */
  function planSoon(): void {
    if (book.left > 0 && !closed) planned ??= setImmediate(plan);
  }

  function rests({ restsUntilMs, downloaded, lane }: Peer): boolean {
    return lane.downloaded === downloaded && performance.now() < restsUntilMs;
  }

  function look(): void {
    if (closed) return;
    for (const peer of peers.values()) {
      if (book.left === 0 && peer.held === pieces) onSeeder(peer.lane);
      for (const piece of peer.late) {
        // Nobody else can be asked: better late than never.
        if (swarm.missing[piece] === 0 || (swarm.asked[piece] === 0 && swarm.open[piece] !== 0))
          peer.late.delete(piece);
      }
    }
    if (book.left > 0) rescue();
    planSoon();
  }

  /** Takes blocks back from wires that will be long about them. */
  function rescue(): void {
    const nowMs = performance.now();
    const sources = [...peers.values()].map((peer): Source & { readonly peer: Peer } => {
      const { lane, has, spoiled, late } = peer;
      const { requests } = lane.wire;
      return {
        peer,
        requests,
        free: lane.peerChoking || rests(peer) ? 0 : Math.max(0, lane.depth - requests.length),
        answerMs: lane.answerMs,
        blockMs: lane.blockMs,
        quietMs: lane.quietMs(nowMs),
        may: (piece) => has[piece] === 1 && !spoiled.has(piece) && !late.has(piece),
      };
    });
    const moves = movesFor(sources);
    for (const { from, to, request } of moves) {
      // Asked of `to` alone, so that the block goes nowhere else when it is free.
      book.releaseAll(request.piece);
      book.ask(to.peer, request.piece);
      from.peer.late.add(request.piece);
      if (from.quietMs <= from.blockMs * from.requests.length) continue;
      from.peer.downloaded = from.peer.lane.downloaded;
      from.peer.restsUntilMs = nowMs + Math.min(REST_MS, 2 * from.quietMs);
    }
    // The error that a cancelled request ends with is what makes torrent-stream give its block to another wire.
    for (const { from, request } of moves)
      from.peer.lane.wire.cancel(request.piece, request.offset, request.length);
  }

  function learn(peer: Peer, piece: number): void {
    if (book.learn(peer, piece)) onSeeder(peer.lane);
  }

  return {
    get left() {
      return book.left;
    },
    add: (lane) => {
      const peer = book.enter(lane);
      lane.on("have", (piece: number) => {
        learn(peer, piece);
        planSoon();
      });
      lane.on("bitfield", (bits: Buffer) => {
        if (bits.length !== Math.ceil(pieces / 8)) return onViolation(lane);
        for (let piece = 0; piece < pieces; piece++) {
          if (((bits[piece >> 3] as number) & (128 >> (piece & 7))) !== 0) learn(peer, piece);
        }
        planSoon();
      });
      lane.on("unchoke", planSoon);
      lane.on("choke", () => {
        for (const piece of peer.asked) book.release(peer, piece);
        planSoon();
      });
      lane.once("close", () => book.strike(lane) && planSoon());
    },
    taken: (piece) => book.taken(piece) && planSoon(),
    returned: (piece) => {
      book.returned(piece);
      planSoon();
    },
    done: (piece) => book.done(piece) && planSoon(),
    spoiled: (piece) => book.reopen(piece),
    accuse: (lane, piece) => peers.get(lane)?.spoiled.add(piece).size ?? 0,
    plan: planSoon,
    availability: () => availability(swarm),
    close: () => {
      closed = true;
      clearInterval(looker);
      if (planned !== undefined) clearImmediate(planned);
    },
  };
}
