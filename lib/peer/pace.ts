// How quick a peer answers, and so how many requests to keep in flight with it. Pure: times and bytes in.

export interface Pace {
  /** Requests to keep in flight. */
  readonly depth: number;
  /** Milliseconds its quickest answer took: the way there and back; undefined before the first. */
  readonly answerMs: number | undefined;
  /** Milliseconds a block takes while it is asked for more than one, of late. */
  readonly blockMs: number;
  /** When its last block came; 0 before the first. */
  readonly deliveredAtMs: number;
  /** A block came that was asked for at `sinceMs`. */
  delivered(sinceMs: number, nowMs: number): void;
}

/**
 * Enough for uplinks to have something to send while a busy host comes to ask for more. With two (12 hosts, 50 Mbit/s)
 * one or two hosts were a tenth behind in every other round.
 */
const MIN_DEPTH = 4;
/** 4 MiB in flight: 30 ms at 1 Gbit/s. Other clients take 250 requests and more. */
const MAX_DEPTH = 250;
/** Reviewed when all that was in flight came, for what a burst after a pause shows is no rate; or after so long. */
const REVIEW_MS = 25;
const LATEST_REVIEW_MS = 500;
/** More at most from one review to the next: a burst out of a buffer is no rate. */
const GROWTH = 2;
/**
 * Blocks in flight are worth at least this time: a busy peer answers late without being far. With 20 ms, of 12 hosts at
 * 50 Mbit/s on two busy cores one or two stayed behind (last host at 1.43 to 1.64 of the bound, 1.21 to 1.33 now).
 */
const QUEUE_MS = 100;
/** On quick links so much would be a good part of the payload: what is beyond these blocks is worth less time. */
const QUEUE_BLOCKS = 16;
const QUICK_QUEUE_MS = 10;
/** In flight are this many times what fits the way there and back, so that a quicker peer is found out. */
const STRETCH = 1.5;
/** What the newest block counts, and what the newest review. */
const NEWEST_BLOCK = 0.2;
const NEWEST_RATE = 0.3;

export function openPace(): Pace {
  let depth = MIN_DEPTH;
  // The quickest: all others waited behind other blocks, and a queue must not be the reason for a longer one.
  let answerMs: number | undefined;
  let blockMs = 0;
  let deliveredAtMs = 0;
  let reviewedAtMs = 0;
  let blocks = 0;
  let blocksPerMs = 0;

  return {
    get depth() {
      return depth;
    },
    get answerMs() {
      return answerMs;
    },
    get blockMs() {
      return blockMs;
    },
    get deliveredAtMs() {
      return deliveredAtMs;
    },
    delivered: (sinceMs, nowMs) => {
      const tookMs = nowMs - Math.max(deliveredAtMs, sinceMs);
      blockMs = deliveredAtMs === 0 ? tookMs : blockMs + NEWEST_BLOCK * (tookMs - blockMs);
      if (deliveredAtMs === 0) reviewedAtMs = sinceMs;
      deliveredAtMs = nowMs;
      answerMs = Math.min(answerMs ?? Number.POSITIVE_INFINITY, nowMs - sinceMs);
      blocks++;
      const elapsedMs = nowMs - reviewedAtMs;
      if (elapsedMs < REVIEW_MS || (blocks < depth && elapsedMs < LATEST_REVIEW_MS)) return;
      const rate = blocks / elapsedMs;
      blocksPerMs = blocksPerMs === 0 ? rate : blocksPerMs + NEWEST_RATE * (rate - blocksPerMs);
      reviewedAtMs = nowMs;
      blocks = 0;
      const queue = Math.min(blocksPerMs * QUEUE_MS, QUEUE_BLOCKS + blocksPerMs * QUICK_QUEUE_MS);
      const inFlight = Math.max(blocksPerMs * answerMs * STRETCH, queue);
      depth = Math.min(MAX_DEPTH, GROWTH * depth + MIN_DEPTH, MIN_DEPTH + Math.round(inFlight));
    },
  };
}
