// Links of the simulation: every node has one to a switch that is never full. Chunks wait for their turn at the sender's
// uplink, lane by lane as TCP connections share it, and then for the receiver's downlink in the order they come.
import type { Agenda } from "./agenda.ts";

export interface NetworkOptions {
  /** Milliseconds from a node to any other, one way. */
  readonly latencyMs: number;
  /** How long the queue before a downlink gets: then senders turn to others, as TCP does when packets are lost. */
  readonly queueMs: number;
  /** What goes through the link for a byte of payload: headers, acknowledgements, the protocol's own messages. */
  readonly overhead: number;
}

export interface Port {
  readonly bitsPerMs: number;
  readonly lanes: Lane[];
  /** Chunks that wait here, whether or not their request is here yet. */
  waiting: number;
  /** Whose turn it is. */
  turn: number;
  sending: boolean;
  /** When it looks again for something to send; infinite when it needs not. */
  wakesMs: number;
  /** When the downlink is through with all that comes. */
  freeMs: number;
  sentBytes: number;
}

/** A connection's one direction. */
export interface Lane {
  readonly from: Port;
  readonly to: Port;
  readonly waiting: Chunk[];
}

/** Some bytes that were asked for. */
export interface Chunk {
  readonly lane: Lane;
  readonly length: number;
  /** When the request is with the sender. */
  readonly readyMs: number;
  cancelled: boolean;
}

export interface Network<C extends Chunk> {
  port(bitsPerSecond: number): Port;
  lane(from: Port, to: Port): Lane;
  /** A request is on its way. */
  ask(chunk: C): void;
}

/** `arrived` is called when all of a chunk is with its receiver. */
export function openNetwork<C extends Chunk>(
  agenda: Agenda,
  { latencyMs, queueMs, overhead }: NetworkOptions,
  arrived: (chunk: C) => void,
): Network<C> {
  function serve(port: Port): void {
    port.wakesMs = Number.POSITIVE_INFINITY;
    if (port.sending || port.waiting === 0) return;
    const { nowMs } = agenda;
    const { lanes } = port;
    let soonestMs = Number.POSITIVE_INFINITY;
    for (let step = 0; step < lanes.length; step++) {
      const index = (port.turn + step) % lanes.length;
      const { waiting, to } = lanes[index] as Lane;
      while (waiting[0]?.cancelled === true) {
        waiting.shift();
        port.waiting--;
      }
      const chunk = waiting[0];
      if (chunk === undefined) continue;
      const startMs = Math.max(chunk.readyMs, to.freeMs - queueMs);
      if (startMs > nowMs) {
        soonestMs = Math.min(soonestMs, startMs);
        continue;
      }
      waiting.shift();
      port.waiting--;
      port.turn = index + 1;
      port.sending = true;
      port.sentBytes += chunk.length;
      agenda.at(nowMs + takesMs(port, chunk), sent, chunk);
      return;
    }
    if (soonestMs < Number.POSITIVE_INFINITY) wake(port, soonestMs);
  }

  function takesMs({ bitsPerMs }: Port, { length }: Chunk): number {
    return (length * 8 * overhead) / bitsPerMs;
  }

  function wake(port: Port, ms: number): void {
    if (port.wakesMs <= ms) return;
    port.wakesMs = ms;
    agenda.at(ms, awake, port);
  }

  function awake(port: Port): void {
    // An earlier one was set meanwhile, and this one is not needed any more.
    if (agenda.nowMs >= port.wakesMs) serve(port);
  }

  function sent(chunk: Chunk): void {
    const { from, to } = chunk.lane;
    from.sending = false;
    // Packets follow each other: the first ones are through the downlink while the last are still to be sent.
    to.freeMs = Math.max(agenda.nowMs + latencyMs, to.freeMs + takesMs(to, chunk));
    agenda.at(to.freeMs, arrived, chunk as C);
    serve(from);
  }

  return {
    port: (bitsPerSecond) => ({
      bitsPerMs: bitsPerSecond / 1000,
      lanes: [],
      waiting: 0,
      turn: 0,
      sending: false,
      wakesMs: Number.POSITIVE_INFINITY,
      freeMs: 0,
      sentBytes: 0,
    }),
    lane: (from, to) => {
      const lane: Lane = { from, to, waiting: [] };
      from.lanes.push(lane);
      return lane;
    },
    ask: (chunk) => {
      const { from, waiting } = chunk.lane;
      waiting.push(chunk);
      from.waiting++;
      if (!from.sending) wake(from, Math.max(agenda.nowMs, chunk.readyMs));
    },
  };
}
