// A host of the simulation: what lib/peer/fetch.ts does on its wires, on simulated ones. What is asked of whom is for
// the same modules to decide: book, policy, pace and endgame.
import { openBook } from "../../lib/peer/book.ts";
import { movesFor, type Source } from "../../lib/peer/endgame.ts";
import { openPace } from "../../lib/peer/pace.ts";
import { nextPiece } from "../../lib/peer/policy.ts";
import type { Asked, Host, HostOptions, Wire } from "./host-types.ts";
import type { Port } from "./network.ts";
import { giveBack, openPart, type Part, putChunk, takeAgain, takeChunk } from "./part.ts";

// As in lib/peer/fetch.ts.
const REST_MS = 4000;
const MAX_ACTIVE_BYTES = 16 * 1024 * 1024;

export function openHost(port: Port, { cut, random, nowMs, requestMs, ask, onPiece }: HostOptions): Host {
  const { pieces, pieceBytes, chunkBytes, blocksAChunk } = cut;
  const book = openBook({ pieces, verified: new Uint8Array(pieces), random });
  const active = new Map<number, Part>();
  const chunks = Math.ceil(pieceBytes / chunkBytes);
  const contested = new Set<string>();
  const maxActive = Math.floor(MAX_ACTIVE_BYTES / pieceBytes);
  /** Pieces under way that have open chunks. */
  const open = new Set<Part>();
  const wires: Wire[] = [];

  function mayAsk({ has, late }: Wire, piece: number): boolean {
    return has[piece] === 1 && !late.has(piece) && active.has(piece);
  }

  function nextPart(wire: Wire): Part | undefined {
    const { current } = wire;
    if (book.left === 0) return undefined;
    if (current !== undefined && current.open > 0 && mayAsk(wire, current.piece)) return current;
    if (wire.useful > 0 && active.size < maxActive) {
      const piece = nextPiece(book.swarm, wire);
      if (piece !== undefined) return begin(piece);
    }
    for (const part of open) if (mayAsk(wire, part.piece)) return part;
    return undefined;
  }

  function begin(piece: number): Part {
    const part = openPart(piece, pieceBytes, chunks);
    book.begin(piece);
    active.set(piece, part);
    open.add(part);
    return part;
  }

  function fill(wire: Wire): void {
    const { flight, pace, restsUntilMs } = wire;
    if (restsUntilMs !== 0 && nowMs() < restsUntilMs) return;
    while (flight.length * blocksAChunk < pace.depth) {
      const part = nextPart(wire);
      wire.current = part;
      if (part === undefined) return;
      request(wire, part, takeChunk(part));
      if (part.open === 0) open.delete(part);
    }
  }

  function request(wire: Wire, { piece, bytes }: Part, chunk: number): void {
    const sinceMs = nowMs();
    const offset = chunk * chunkBytes;
    const length = Math.min(chunkBytes, bytes - offset);
    const { lane } = wire;
    const readyMs = sinceMs + requestMs;
    const asked = { lane, length, readyMs, cancelled: false, wire, piece, offset, chunk, sinceMs };
    wire.flight.push(asked);
    host.said.requests += blocksAChunk;
    ask(asked);
  }

  function receive(asked: Asked): void {
    const { wire, piece, chunk } = asked;
    const { flight } = wire;
    if (remove(flight, asked)) deliver(wire, asked);
    wire.restsUntilMs = 0;
    const part = active.get(piece);
    if (part !== undefined && putChunk(part, chunk)) {
      if (part.open === 0) open.delete(part);
      if (contested.size > 0 && contested.delete(`${piece}+${chunk}`)) takeBack(piece, chunk);
      if (part.missing === 0) finish(part);
    } else host.repeated++;
    fill(wire);
  }

  /** To the pace a chunk is so many blocks, one after the other since the last one or since it was asked for. */
  function deliver({ pace }: Wire, { sinceMs }: Asked): void {
    const endMs = nowMs();
    const fromMs = Math.max(sinceMs + 2 * requestMs, pace.deliveredAtMs);
    for (let block = 1; block <= blocksAChunk; block++)
      pace.delivered(sinceMs, fromMs + ((endMs - fromMs) * block) / blocksAChunk);
  }

  function takeBack(piece: number, chunk: number): void {
    for (const { flight } of wires)
      for (const asked of flight.filter((each) => each.piece === piece && each.chunk === chunk))
        cancel(asked);
  }

  /** The request is withdrawn where it still waits. */
  function cancel(asked: Asked): void {
    host.said.cancels++;
    const { wire } = asked;
    asked.cancelled = true;
    if (!asked.lane.waiting.includes(asked)) return; // too late: it comes
    remove(wire.flight, asked);
    const part = active.get(asked.piece);
    if (part !== undefined && giveBack(part, asked.chunk)) open.add(part);
  }

  function finish({ piece }: Part): void {
    active.delete(piece);
    book.done(piece);
    host.firstMs ??= nowMs();
    if (book.left === 0) host.doneMs = nowMs();
    const to = wires.filter(({ has }) => has[piece] === 0);
    host.said.haves += to.length;
    if (to.length > 0) onPiece(piece, to);
    // Somebody may have waited for the memory.
    if (open.size > 0 || active.size === maxActive - 1) fillAll();
  }

  function fillAll(): void {
    for (const wire of wires) fill(wire);
  }

  function look(): boolean {
    for (const { late } of wires)
      for (const piece of late) {
        const part = active.get(piece);
        if (part === undefined || part.open === part.missing) late.delete(piece);
      }
    if (book.left === 0) return false;
    const found = rescue();
    fillAll();
    return found;
  }

  function rescue(): boolean {
    const moves = movesFor(wires.map(sourceOf));
    for (const { from, to, request: moved } of moves) {
      const { piece, chunk } = moved as Asked;
      const part = active.get(piece);
      if (part === undefined) continue;
      takeAgain(part, chunk);
      contested.add(`${piece}+${chunk}`);
      request(to.wire, part, chunk);
      from.wire.late.add(piece);
      if (from.quietMs > from.blockMs * from.requests.length)
        from.wire.restsUntilMs = nowMs() + Math.min(REST_MS, 2 * from.quietMs);
      cancel(moved as Asked);
    }
    return moves.length > 0;
  }

  function sourceOf(wire: Wire): Source & { readonly wire: Wire } {
    const { flight, pace, restsUntilMs } = wire;
    const ms = nowMs();
    const [oldest] = flight;
    return {
      wire,
      requests: flight,
      free: ms < restsUntilMs ? 0 : Math.max(0, Math.ceil(pace.depth / blocksAChunk) - flight.length),
      answerMs: pace.answerMs,
      blockMs: pace.blockMs * blocksAChunk,
      quietMs: oldest === undefined ? 0 : ms - Math.max(pace.deliveredAtMs, oldest.sinceMs),
      may: (piece) => mayAsk(wire, piece),
    };
  }

  const host: Host = {
    port,
    book,
    wires,
    doneMs: undefined,
    firstMs: undefined,
    repeated: 0,
    said: { haves: 0, requests: 0, cancels: 0 },
    connect: (lane) => {
      const own = { current: undefined, late: new Set<number>(), restsUntilMs: 0, twin: undefined };
      const wire: Wire = Object.assign(book.enter(), { host, lane, pace: openPace(), flight: [], ...own });
      wires.push(wire);
      return wire;
    },
    learn: (wire, piece) => {
      const { useful } = wire;
      // Most news are of pieces that are here or under way.
      if (!book.learn(wire, piece)) return;
      if (open.size > 0) fillAll();
      else if (wire.useful > useful) fill(wire);
    },
    receive,
    look,
  };
  return host;
}

function remove(flight: Asked[], asked: Asked): boolean {
  const at = flight.indexOf(asked);
  if (at === 0) flight.shift();
  else if (at > 0) flight.splice(at, 1);
  return at >= 0;
}
