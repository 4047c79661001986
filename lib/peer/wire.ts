// peer-wire-protocol's wire on a bare socket: its messages and its state, without its streams. Between two of its own
// streams and node's socket, each block was joined, sliced and written in two system calls, each request and HAVE in
// one of its own; here what a turn of the event loop has to say leaves in one write.
import protocol, { type Wire, type WireRequest } from "peer-wire-protocol";
import { openOutbox } from "./outbox.ts";
import type { Throttle } from "./throttle.ts";

/** What a wire needs of a socket. */
export interface Pipe {
  /** Returns how many bytes were taken; the rest is to be offered again when the socket drained. */
  write(bytes: Uint8Array): number;
  destroy(): void;
}

export interface PipedWire {
  readonly wire: Wire;
  /** Bytes came in. */
  feed(bytes: Buffer): void;
  /** The socket takes bytes again. */
  drained(): void;
}

/** Longer than any message of ours or of a sane client: a bitfield of 8 million pieces, a block of 128 KiB. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** What loses nothing by it waits this long for something to travel with. */
const NEWS_MS = 5;
/** Blocks that are read ahead of what the socket took. */
const AHEAD_BYTES = 192 * 1024;
/** A block takes longer than requests wait. */
const SLOW_BYTES_PER_SECOND = 1_500_000;
const HAVE_ID = 4;
const REQUEST_ID = 6;

/** A wire that speaks through `pipe` and sends blocks no faster than `upload` lets it. */
export function openWire(pipe: Pipe, { upload }: { readonly upload?: Throttle | undefined } = {}): PipedWire {
  const wire = protocol({ speed: 10 });
  const outbox = openOutbox(pipe.write);
  const counter = openCounter(wire, { waitingBytes: () => outbox.bytes, upload });
  let flushing: ReturnType<typeof setImmediate> | undefined;
  let news: ReturnType<typeof setTimeout> | undefined;
  /** A message of which a part came. */
  let carry = Buffer.alloc(0);
  let carried = 0;

  wire._push = (data) => {
    if (wire._finished) return;
    outbox.push(data);
    if (mayWait(wire, data)) news ??= setTimeout(flush, NEWS_MS);
    else flushing ??= setImmediate(flush);
  };
  wire.once("close", () => {
    // A last word (a handshake that tells who we are) still goes out.
    flush();
    if (flushing !== undefined) clearImmediate(flushing);
    clearTimeout(news);
  });

  function flush(): void {
    if (flushing !== undefined) clearImmediate(flushing);
    clearTimeout(news);
    flushing = news = undefined;
    outbox.flush();
    counter.serve();
  }

  function parse(bytes: Buffer): void {
    // Number.MAX_VALUE is the wire's own way to stop reading when it ends.
    if (wire._parserSize > MAX_MESSAGE_BYTES) return;
    wire._parser(bytes);
    if (wire._parserSize > MAX_MESSAGE_BYTES && wire._parserSize !== Number.MAX_VALUE) pipe.destroy();
  }

  return {
    wire,
    feed: (bytes) => {
      let at = 0;
      while (at < bytes.length && wire._parserSize <= MAX_MESSAGE_BYTES) {
        const size = wire._parserSize;
        if (carried === 0 && bytes.length - at >= size) {
          at += size;
          parse(bytes.subarray(at - size, at));
          continue;
        }
        if (carry.length < size) {
          const larger = Buffer.allocUnsafeSlow(size);
          carry.copy(larger, 0, 0, carried);
          carry = larger;
        }
        const taken = bytes.copy(carry, carried, at, at + size - carried);
        at += taken;
        carried += taken;
        if (carried < size) continue;
        carried = 0;
        parse(carry.subarray(0, size));
      }
    },
    drained: () => {
      outbox.drained();
      counter.serve();
    },
  };
}

/** Whether a message loses nothing by waiting for others: HAVE, and a request while slower ones are in flight. */
function mayWait(wire: Wire, message: Buffer): boolean {
  if (message.length === 9) return message[4] === HAVE_ID;
  if (message.length !== 17 || message[4] !== REQUEST_ID || wire.requests.length < 2) return false;
  return wire.downloadSpeed() < SLOW_BYTES_PER_SECOND;
}

/**
 * Answers requests one after the other, no more than the socket takes soon: what waits in memory for a slow peer keeps
 * whole pieces there. The wire's own way is to read all at once, and to find an answer's request by its numbers; a
 * block asked for, cancelled and asked for again while it was read would be answered neither time.
 */
function openCounter(
  wire: Wire,
  { waitingBytes, upload }: { readonly waitingBytes: () => number; readonly upload: Throttle | undefined },
): { serve(): void } {
  const waiting: WireRequest[] = [];
  let readingBytes = 0;

  function serve(): void {
    while (waitingBytes() + readingBytes < AHEAD_BYTES) {
      const [request] = waiting;
      if (request === undefined) return;
      const { piece, offset, length } = request;
      const asked = wire.peerRequests.includes(request);
      if (asked && upload?.take(length, serve) === false) return;
      waiting.shift();
      if (!asked) continue; // cancelled, or choked since
      readingBytes += length;
      wire.emit("request", piece, offset, length, (error: Error | null, block: Buffer) => {
        readingBytes -= length;
        const at = wire.peerRequests.indexOf(request);
        if (at >= 0) wire.peerRequests.splice(at, 1);
        if (at >= 0 && !error) wire.piece(piece, offset, block);
        else serve();
      });
    }
  }

  wire._onrequest = (piece, offset, length) => {
    if (wire.amChoking) return;
    const request: WireRequest = { piece, offset, length };
    wire.peerRequests.push(request);
    waiting.push(request);
    serve();
  };
  return { serve };
}
