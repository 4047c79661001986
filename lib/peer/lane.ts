// What torrent-stream sees of a wire: the wire with its own list of pieces and its own count of requests.
import type { StreamWire, Wire } from "peer-wire-protocol";

export interface Lane extends StreamWire {
  readonly wire: Wire;
  /** Requests to keep in flight. */
  readonly depth: number;
}

type Listener = (...args: unknown[]) => void;

/** torrent-stream stops asking at this many requests in flight: 80 KiB, which is 8 MB/s where an answer takes 10 ms. */
const STREAM_DEPTH = 5;
const MIN_DEPTH = 5;
/** 1 MiB in flight; other clients take 250 requests and more. */
const MAX_DEPTH = 64;
const BLOCK_BYTES = 16 * 1024;
const REVIEW_MS = 250;

/**
 * Wraps `wire` so that torrent-stream keeps as many requests in flight as the way to this peer and back is long
 * (bytes a second × seconds an answer takes), rather than five.
 */
export function openLane(wire: Wire): Lane {
  let depth = MIN_DEPTH;
  let askedAtMs: number | undefined;
  let answerMs: number | undefined;
  let reviewedAtMs = 0;
  wire.on("download", () => {
    const nowMs = performance.now();
    // torrent-stream's first request goes out alone, so its answer tells how long one takes, queueing left out.
    answerMs ??= nowMs - (askedAtMs ?? nowMs);
    if (nowMs - reviewedAtMs < REVIEW_MS) return;
    reviewedAtMs = nowMs;
    const inFlight = (wire.downloadSpeed() * answerMs * 1.5) / 1000 / BLOCK_BYTES;
    depth = Math.min(MAX_DEPTH, MIN_DEPTH + Math.round(inFlight));
  });
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
      askedAtMs ??= performance.now();
      wire.request(piece, offset, length, callback);
    },
    on: (event, listener) => wire.on(event, listener as Listener),
    once: (event, listener) => wire.once(event, listener as Listener),
    downloadSpeed: () => wire.downloadSpeed(),
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
