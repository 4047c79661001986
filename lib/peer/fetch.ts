// Asks peers for blocks and makes pieces of them: the part of torrent-stream that we take over on its wires. It asks
// for the same pieces in the same order everywhere, five blocks at a time, and walks all pieces for every block.
import { type Asked, askable, forgive, type Peer, quietMs, remove, rests, takeBack } from "./asked.ts";
import { type Assembly, BLOCK_BYTES, openAssembly } from "./assembly.ts";
import { piecesIn } from "./bitfield.ts";
import { openBook } from "./book.ts";
import type { Taken } from "./fed.ts";
import type { Fetch, FetchOptions } from "./fetch-types.ts";
import { nextPiece } from "./policy.ts";
import { rescue } from "./rescue.ts";
import { openSuspects } from "./suspects.ts";

/** How often late blocks are looked for, and how soon again when some were found: there may be more than places. */
const LOOK_MS = 200;
const LOOK_AGAIN_MS = 20;
/** Asked and silent for this long, a wire is given up. */
const SILENCE_MS = 20_000;
/** Pieces under way together, in memory. */
const MAX_ACTIVE_BYTES = 16 * 1024 * 1024;
/** Pieces a peer may spoil all by itself before it is shut out. */
const MAX_SPOILED = 2;

export function startFetching(options: FetchOptions): Fetch {
  const { pieces, pieceBytes, buffers, isRight, onPiece, paused, download } = options;
  const { onSeeder, onViolation, onSilence } = options;
  const book = openBook(options);
  const peers = new Set<Peer>();
  const active = new Map<number, Assembly<Peer>>();
  const suspects = openSuspects<Peer>();
  /** Blocks asked of a second peer. */
  const contested = new Set<string>();
  let activeBytes = 0;
  const sums = { receivedBytes: 0, failures: 0, movedAtMs: performance.now() };
  let planned: ReturnType<typeof setImmediate> | undefined;
  let closed = false;
  let looker = lookIn(LOOK_MS);

  function lookIn(ms: number): ReturnType<typeof setTimeout> {
    // Later than the timer: what arrived while this process was busy is read first.
    return setTimeout(() => setImmediate(look), ms);
  }

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
    return suspects.clear(piece, peer);
  }

  function begin(piece: number, peer: Peer): Assembly<Peer> {
    const assembly = openAssembly<Peer>(piece, buffers.take(pieceBytes(piece)));
    book.begin(piece);
    active.set(piece, assembly);
    activeBytes += assembly.bytes.length;
    suspects.began(piece, peer);
    return assembly;
  }

  function fill(peer: Peer): void {
    const { wire, flight, pace } = peer;
    // One that was shut out for the very block it sent is asked for no more.
    if (book.left === 0 || wire.peerChoking || !peers.has(peer) || rests(peer, performance.now())) return;
    while (flight.length < pace.depth) {
      const assembly = nextAssembly(peer);
      peer.current = assembly;
      if (assembly === undefined || download?.take(BLOCK_BYTES, planSoon) === false) return;
      const block = assembly.take();
      if (block === undefined) return;
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
      sums.receivedBytes += bytes.length;
      sums.movedAtMs = nowMs;
      const name = `${piece}+${block}`;
      if (contested.delete(name)) takeBack(peers, piece, offset);
      if (assembly.missing === 0) finish(assembly);
    }
    fill(peer);
  }

  function keep(piece: number, bytes: Buffer): void {
    suspects.settled(piece);
    book.done(piece);
    onPiece(piece, bytes);
  }

  function finish({ piece, bytes, senders }: Assembly<Peer>): void {
    active.delete(piece);
    activeBytes -= bytes.length;
    if (isRight(piece, bytes)) keep(piece, bytes);
    else {
      sums.failures++;
      buffers.give(bytes);
      book.restart(piece);
      const culprit = suspects.failed(piece, senders);
      if (culprit !== undefined && culprit.spoiled.add(piece).size >= MAX_SPOILED) onViolation(culprit.wire);
    }
    // Somebody may have waited for the memory, or for this piece to be wanted again.
    planSoon();
  }

  function forget({ piece, bytes }: Assembly<Peer>): void {
    active.delete(piece);
    activeBytes -= bytes.length;
    buffers.give(bytes);
  }

  function accept(piece: number, bytes: Buffer): Taken {
    if (!book.isMissing(piece)) return "held";
    if (!isRight(piece, bytes)) return "wrong";
    const assembly = active.get(piece);
    if (assembly !== undefined) {
      forget(assembly);
      takeBack(peers, piece);
    }
    sums.receivedBytes += bytes.length;
    sums.movedAtMs = performance.now();
    keep(piece, bytes);
    planSoon();
    return "new";
  }

  function plan(): void {
    planned = undefined;
    if (!closed) for (const peer of peers) fill(peer);
  }

  /** News of what peers hold come in bursts: one round for all of them. */
  function planSoon(): void {
    if (book.left > 0 && !closed) planned ??= setImmediate(plan);
  }

  function look(): void {
    if (closed) return;
    const nowMs = performance.now();
    for (const peer of peers) {
      if (book.left === 0 && peer.held === pieces) onSeeder(peer.wire);
      if (quietMs(peer, nowMs) > SILENCE_MS) onSilence(peer.wire);
      forgive(peer, active);
    }
    const found = book.left > 0 && rescue({ peers, active, contested, mayAsk, ask }, nowMs);
    looker = lookIn(found ? LOOK_AGAIN_MS : LOOK_MS);
    planSoon();
  }

  function leave(peer: Peer): void {
    if (!peers.delete(peer)) return;
    book.strike(peer);
    for (const { piece, block } of peer.flight.splice(0)) active.get(piece)?.giveBack(block);
    for (const piece of suspects.left(peer)) {
      const assembly = active.get(piece);
      if (assembly === undefined) continue;
      forget(assembly);
      book.restart(piece);
    }
    planSoon();
  }

  return {
    get left() {
      return book.left;
    },
    sums,
    add: (wire) => {
      const peer = askable(wire, book.enter());
      peers.add(peer);
      const learn = (piece: number) => {
        if (book.learn(peer, piece) && peer.held === pieces && book.left === 0) onSeeder(wire);
        planSoon();
      };
      wire.on("have", learn);
      wire.on("bitfield", (bits: Buffer) => {
        const held = piecesIn(bits, pieces);
        if (held === undefined) onViolation(wire);
        for (const piece of held ?? []) learn(piece);
      });
      wire.on("unchoke", planSoon);
      wire.on("piece", (piece: number, offset: number, bytes: Buffer) => receive(peer, piece, offset, bytes));
      wire.once("close", () => leave(peer));
      // Said at once: whether there is something to ask for changes with every HAVE.
      if (book.left > 0) wire.interested();
    },
    without: (piece) => [...peers].filter(({ has }) => has[piece] === 0).map(({ wire }) => wire),
    accept,
    plan: planSoon,
    close: () => {
      closed = true;
      clearTimeout(looker);
      if (planned !== undefined) clearImmediate(planned);
    },
  };
}
