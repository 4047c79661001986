// peer-wire-protocol's wire, mended where it trusts the other side too much or loses what that side asked for.
import type { Socket } from "node:net";
import protocol, { type Wire, type WireRequest } from "peer-wire-protocol";

/** Longer than any message of ours or of a sane client: a bitfield of 8 million pieces, a block of 128 KiB. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** A wire for `socket`, not yet piped. */
export function openWire(socket: Socket): Wire {
  const wire = protocol({ speed: 10 });
  boundMessages(wire, socket);
  answerTheAsked(wire);
  return wire;
}

/** A length prefix of 4 GiB must not make the wire collect 4 GiB. */
function boundMessages(wire: Wire, socket: Socket): void {
  const parse = wire._parse;
  wire._parse = (size, parser) => {
    // Number.MAX_VALUE is the wire's own way to stop reading when it ends.
    if (size > MAX_MESSAGE_BYTES && size !== Number.MAX_VALUE) socket.destroy();
    parse.call(wire, size, parser);
  };
}

/**
 * The wire finds an answer's request by its numbers. A block that was asked for, cancelled and asked for again while
 * it was read from disk has two readings under way; the first one's end would find the second request, see that it is
 * not its own, and throw it away: neither is answered, and the other side waits until it gives up.
 */
function answerTheAsked(wire: Wire): void {
  wire._onrequest = (piece, offset, length) => {
    if (wire.amChoking) return;
    const request: WireRequest = { piece, offset, length };
    wire.peerRequests.push(request);
    wire.emit("request", piece, offset, length, (error: Error | null, block: Buffer) => {
      const at = wire.peerRequests.indexOf(request);
      if (at < 0) return; // cancelled, or choked since
      wire.peerRequests.splice(at, 1);
      if (!error) wire.piece(piece, offset, block);
    });
  };
}
