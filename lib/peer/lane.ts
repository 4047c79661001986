// What torrent-stream sees of a wire: the wire with its own list of pieces and its own count of requests.
import type { StreamWire, Wire, WireRequest } from "peer-wire-protocol";

export interface Lane extends StreamWire {
  readonly wire: Wire;
  /** Requests to keep in flight. */
  readonly depth: number;
  /** Milliseconds its quickest answer took: the way there and back; undefined before the first. */
  readonly answerMs: number | undefined;
  /** Milliseconds a block takes while it is asked for more than one, of late. */
  readonly blockMs: number;
  /** Milliseconds it has sent nothing although it was asked. */
  quietMs(nowMs: number): number;
}

export interface LaneWatch {
  /** A block of this piece is asked for. */
  readonly onAsked: (piece: number) => void;
  /** It won't come: cancelled, timed out, or the wire choked or closed. */
  readonly onReturned: (piece: number) => void;
}

type Listener = (...args: unknown[]) => void;

/** torrent-stream stops asking at this many requests in flight: 80 KiB, which is 8 MB/s where an answer takes 10 ms. */
const STREAM_DEPTH = 5;
const MIN_DEPTH = 5;
/** 1 MiB in flight; other clients take 250 requests and more. */
const MAX_DEPTH = 64;
const BLOCK_BYTES = 16 * 1024;
const REVIEW_MS = 250;
/** Blocks in flight are worth at least this time: a busy peer answers late without being far. */
const QUEUE_MS = 100;
/** What the newest block counts in `blockMs`. */
const NEWEST = 0.2;

/**
 * Wraps `wire` so that torrent-stream keeps as many requests in flight as the way to this peer and back is long
 * (bytes a second × seconds an answer takes), rather than five.
 */
export function openLane(wire: Wire, { onAsked, onReturned }: LaneWatch): Lane {
  const askedAtMs = new WeakMap<WireRequest, number>();
  let depth = MIN_DEPTH;
  // The quickest: all others waited behind other blocks, and a queue must not be the reason for a longer one.
  let answerMs: number | undefined;
  let blockMs = 0;
  let deliveredAtMs = 0;
  let reviewedAtMs = 0;

  function delivered(sinceMs: number): void {
    const nowMs = performance.now();
    const tookMs = nowMs - Math.max(deliveredAtMs, sinceMs);
    blockMs = deliveredAtMs === 0 ? tookMs : blockMs + NEWEST * (tookMs - blockMs);
    deliveredAtMs = nowMs;
    answerMs = Math.min(answerMs ?? Number.POSITIVE_INFINITY, nowMs - sinceMs);
    if (nowMs - reviewedAtMs < REVIEW_MS) return;
    reviewedAtMs = nowMs;
    const inFlight = (wire.downloadSpeed() * Math.max(answerMs * 1.5, QUEUE_MS)) / 1000 / BLOCK_BYTES;
    depth = Math.min(MAX_DEPTH, MIN_DEPTH + Math.round(inFlight));
  }

  return {
    wire,
    peerPieces: [],
    requests: {
      get length() {
        return wire.requests.length >= depth
          ? STREAM_DEPTH
          : Math.min(wire.requests.length, STREAM_DEPTH - 1);
      },
    },
    get depth() {
      return depth;
    },
    get answerMs() {
      return answerMs;
    },
    get blockMs() {
      return blockMs;
    },
    quietMs: (nowMs) => {
      const [oldest] = wire.requests;
      if (oldest === undefined) return 0;
      return nowMs - Math.max(deliveredAtMs, askedAtMs.get(oldest) ?? nowMs);
    },
    get peerChoking() {
      return wire.peerChoking;
    },
    get amChoking() {
      return wire.amChoking;
    },
    get amInterested() {
      return wire.amInterested;
    },
    get peerInterested() {
      return wire.peerInterested;
    },
    get peerAddress() {
      return wire.peerAddress;
    },
    get peerExtensions() {
      return wire.peerExtensions;
    },
    get downloaded() {
      return wire.downloaded;
    },
    request: (piece, offset, length, callback) => {
      const sinceMs = performance.now();
      onAsked(piece);
      wire.request(piece, offset, length, (error, block) => {
        if (error) onReturned(piece);
        else delivered(sinceMs);
        callback(error, block);
      });
      const request = wire.requests.at(-1);
      // Refused at once, it is not there; the last one is an older one.
      if (request !== undefined && !askedAtMs.has(request)) askedAtMs.set(request, sinceMs);
    },
    on: (event, listener) => wire.on(event, listener as Listener),
    once: (event, listener) => wire.once(event, listener as Listener),
    // torrent-stream keeps blocks from a wire slower than another that may ask for them too, even while that one
    // has no place for more requests. Who is asked for what is settled in `peerPieces`.
    downloadSpeed: () => Number.POSITIVE_INFINITY,
    uploadSpeed: () => wire.uploadSpeed(),
    choke: () => wire.choke(),
    unchoke: () => wire.unchoke(),
    interested: () => wire.interested(),
    uninterested: () => wire.uninterested(),
    have: (piece) => wire.have(piece),
    bitfield: (bits) => wire.bitfield(bits),
    extended: (id, message) => wire.extended(id, message),
    setTimeout: (ms, listener) => wire.setTimeout(ms, listener),
    destroy: () => wire.destroy(),
  };
}
