// Asks peers for blocks and makes pieces of them: the part of torrent-stream that we take over on its wires. It asks
// for the same pieces in the same order everywhere, five blocks at a time, and walks all pieces for every block.
import type { Wire, WireRequest } from "peer-wire-protocol";
import { type Assembly, BLOCK_BYTES, openAssembly } from "./assembly.ts";
import { type BookOptions, type Holder, openBook } from "./book.ts";
import { movesFor, type Source } from "./endgame.ts";
import { openPace, type Pace } from "./pace.ts";
import { nextPiece } from "./policy.ts";

export interface Fetch {
  /** Pieces still to be verified. */
  readonly left: number;
  /** Bytes of blocks that were of use: none twice. */
  readonly receivedBytes: number;
  /** Pieces that failed their hash. */
  readonly failures: number;
  /** Takes part in what this wire's peer holds, until the wire closes. */
  add(wire: Wire): void;
  /** Wires whose peers don't hold this piece, as far as we know. */
  without(piece: number): Wire[];
  /** Gives out requests, soon. */
  plan(): void;
  availability(): number;
  close(): void;
}

export interface FetchOptions extends BookOptions {
  readonly pieceBytes: (piece: number) => number;
  readonly isRight: (piece: number, bytes: Buffer) => boolean;
  /** A piece is here and right. */
  readonly onPiece: (piece: number, bytes: Buffer) => void;
  /** Whether no more pieces should be begun for now: the disk is behind. */
  readonly paused: () => boolean;
  /** A wire's peer holds everything; told again while that is so and nothing is left to fetch. */
  readonly onSeeder: (wire: Wire) => void;
  /** A wire broke the protocol, or sent wrong pieces all by itself. */
  readonly onViolation: (wire: Wire) => void;
  /** A wire was asked and has sent nothing for a long time. */
  readonly onSilence: (wire: Wire) => void;
}

interface Peer extends Holder {
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

interface Asked extends WireRequest {
  readonly block: number;
  readonly sinceMs: number;
}

/** How often late blocks are looked for. */
const LOOK_MS = 200;
/** A wire whose blocks were taken back because it was silent is asked for nothing until it sends, or for this long. */
const REST_MS = 4000;
/** Asked and silent for this long, a wire is given up. */
const SILENCE_MS = 20_000;
/** Pieces under way together, in memory. */
const MAX_ACTIVE_BYTES = 48 * 1024 * 1024;
/** Pieces a peer may spoil all by itself before it is shut out. */
const MAX_SPOILED = 2;

export function startFetching(options: FetchOptions): Fetch {
  const { pieces, pieceBytes, isRight, onPiece, paused, onSeeder, onViolation, onSilence } = options;
  const book = openBook(options);
  const peers = new Set<Peer>();
  const active = new Map<number, Assembly<Peer>>();
  /** Pieces that failed: only the peer named is asked, so that the next failure has one suspect. */
  const solo = new Map<number, Peer | undefined>();
  /** Blocks asked of a second peer. */
  const contested = new Set<string>();
  let activeBytes = 0;
  let receivedBytes = 0;
  let failures = 0;
  let planned: ReturnType<typeof setImmediate> | undefined;
  let closed = false;
  // Later than the timer: what arrived while this process was busy is read first.
  const looker = setInterval(() => setImmediate(look), LOOK_MS);

  function nextAssembly(peer: Peer): Assembly<Peer> | undefined {
    const { current } = peer;
    if (current !== undefined && current.open > 0 && mayAsk(peer, current.piece)) return current;
    if (peer.useful > 0 && !paused()) {
      const piece = nextPiece(book.swarm, peer);
      if (piece !== undefined && activeBytes + pieceBytes(piece) <= MAX_ACTIVE_BYTES)
        return begin(piece, peer);
    }
    for (const assembly of active.values())
      if (assembly.open > 0 && mayAsk(peer, assembly.piece)) return assembly;
    return undefined;
  }

  function mayAsk(peer: Peer, piece: number): boolean {
    const { has, spoiled, late } = peer;
    if (has[piece] === 0 || spoiled.has(piece) || late.has(piece) || !active.has(piece)) return false;
    return !solo.has(piece) || solo.get(piece) === peer;
  }

  function begin(piece: number, peer: Peer): Assembly<Peer> {
    const assembly = openAssembly<Peer>(piece, pieceBytes(piece));
    book.begin(piece);
    active.set(piece, assembly);
    activeBytes += assembly.bytes.length;
    if (solo.has(piece)) solo.set(piece, peer);
    return assembly;
  }

  function fill(peer: Peer): void {
    const { wire, flight, pace } = peer;
    if (book.left === 0) return;
    if (wire.peerChoking || rests(peer)) return;
    while (flight.length < pace.depth) {
      const assembly = nextAssembly(peer);
      const block = assembly?.take();
      peer.current = assembly;
      if (assembly === undefined || block === undefined) return;
      ask(peer, assembly, block);
    }
  }

  function ask(peer: Peer, assembly: Assembly<Peer>, block: number): void {
    const [piece, offset, length] = [assembly.piece, block * BLOCK_BYTES, assembly.blockBytes(block)];
    const asked: Asked = { piece, offset, length, block, sinceMs: performance.now() };
    peer.flight.push(asked);
    peer.wire.request(piece, offset, length, (error) => {
      if (!error) return; // `receive` has it
      remove(peer.flight, asked);
      assembly.giveBack(block);
      planSoon();
    });
  }

  function receive(peer: Peer, piece: number, offset: number, bytes: Buffer): void {
    const nowMs = performance.now();
    const asked = peer.flight.find((each) => each.piece === piece && each.offset === offset);
    if (asked !== undefined) {
      remove(peer.flight, asked);
      peer.pace.delivered(asked.sinceMs, nowMs);
    }
    peer.restsUntilMs = 0;
    const assembly = active.get(piece);
    const block = offset / BLOCK_BYTES;
    if (assembly !== undefined && Number.isInteger(block) && assembly.put(block, bytes, peer)) {
      receivedBytes += bytes.length;
      const name = `${piece}+${block}`;
      if (contested.delete(name)) takeBack(piece, offset);
      if (assembly.missing === 0) finish(assembly);
    }
    fill(peer);
  }

  /** Whoever else is asked for a block that came needs not send it. */
  function takeBack(piece: number, offset: number): void {
    for (const { flight, wire } of peers)
      for (const each of flight.filter((asked) => asked.piece === piece && asked.offset === offset))
        wire.cancel(piece, offset, each.length);
  }

  function finish({ piece, bytes, senders }: Assembly<Peer>): void {
    active.delete(piece);
    activeBytes -= bytes.length;
    if (isRight(piece, bytes)) {
      solo.delete(piece);
      book.done(piece);
      onPiece(piece, bytes);
    } else {
      failures++;
      solo.set(piece, undefined);
      book.restart(piece);
      const [sender] = senders;
      // One sender alone is the culprit; of several, it may be any.
      if (sender !== undefined && senders.size === 1) {
        sender.spoiled.add(piece);
        if (sender.spoiled.size >= MAX_SPOILED) onViolation(sender.wire);
      }
    }
    // Somebody may have waited for the memory, or for this piece to be wanted again.
    planSoon();
  }

  function plan(): void {
    planned = undefined;
    if (!closed) for (const peer of peers) fill(peer);
  }

  /** News of what peers hold come in bursts: one round for all of them. */
  function planSoon(): void {
    if (book.left > 0 && !closed) planned ??= setImmediate(plan);
  }

  function rests({ restsUntilMs }: Peer): boolean {
    return restsUntilMs !== 0 && performance.now() < restsUntilMs;
  }

  function look(): void {
    if (closed) return;
    const nowMs = performance.now();
    for (const peer of peers) {
      if (book.left === 0 && peer.held === pieces) onSeeder(peer.wire);
      if (quietMs(peer, nowMs) > SILENCE_MS) onSilence(peer.wire);
      for (const piece of peer.late) {
        const assembly = active.get(piece);
        // Nobody else can be asked: better late than never.
        if (assembly === undefined || assembly.open === assembly.missing) peer.late.delete(piece);
      }
    }
    if (book.left > 0) rescue(nowMs);
    planSoon();
  }

  /** Takes blocks back from wires that will be long about them. */
  function rescue(nowMs: number): void {
    const sources = [...peers].map((peer): Source & { readonly peer: Peer; readonly requests: Asked[] } => ({
      peer,
      requests: peer.flight,
      free: peer.wire.peerChoking || rests(peer) ? 0 : Math.max(0, peer.pace.depth - peer.flight.length),
      answerMs: peer.pace.answerMs,
      blockMs: peer.pace.blockMs,
      quietMs: quietMs(peer, nowMs),
      may: (piece) => mayAsk(peer, piece),
    }));
    for (const { from, to, request } of movesFor(sources)) {
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
  }

  function leave(peer: Peer): void {
    if (!peers.delete(peer)) return;
    book.strike(peer);
    for (const [piece, owner] of solo) if (owner === peer) solo.set(piece, undefined);
    for (const { piece, block } of peer.flight.splice(0)) active.get(piece)?.giveBack(block);
    planSoon();
  }

  return {
    get left() {
      return book.left;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    get failures() {
      return failures;
    },
    add: (wire) => {
      const peer: Peer = Object.assign(book.enter(), {
        wire,
        pace: openPace(),
        flight: [],
        current: undefined,
        late: new Set<number>(),
        restsUntilMs: 0,
      });
      peers.add(peer);
      const learn = (piece: number) => {
        if (book.learn(peer, piece) && peer.held === pieces) onSeeder(wire);
      };
      wire.on("have", (piece: number) => {
        learn(piece);
        planSoon();
      });
      wire.on("bitfield", (bits: Buffer) => {
        if (bits.length !== Math.ceil(pieces / 8)) return onViolation(wire);
        for (let piece = 0; piece < pieces; piece++)
          if (((bits[piece >> 3] as number) & (128 >> (piece & 7))) !== 0) learn(piece);
        planSoon();
      });
      wire.on("unchoke", planSoon);
      wire.on("piece", (piece: number, offset: number, bytes: Buffer) => receive(peer, piece, offset, bytes));
      wire.once("close", () => leave(peer));
      // Said at once: whether there is something to ask for changes with every HAVE.
      if (book.left > 0) wire.interested();
    },
    without: (piece) => [...peers].filter(({ has }) => has[piece] === 0).map(({ wire }) => wire),
    plan: planSoon,
    availability: book.availability,
    close: () => {
      closed = true;
      clearInterval(looker);
      if (planned !== undefined) clearImmediate(planned);
    },
  };
}

function quietMs({ flight, pace }: Peer, nowMs: number): number {
  const [oldest] = flight;
  return oldest === undefined ? 0 : nowMs - Math.max(pace.deliveredAtMs, oldest.sinceMs);
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at === 0) list.shift();
  else if (at > 0) list.splice(at, 1);
}
