// How a link is shaped.

const MIN_BURST_BYTES = 32 * 1024;
/** A burst lets this much time's worth of bytes through at once, as the hardware queue of a real card does. */
const BURST_SECONDS = 0.005;
/** The longest a packet waits before the queue drops: about what a switch's port buffers at these rates. */
const QUEUE_MS = 50;

/** tc's words for a link of `rate` bits a second; without a rate, a queue that only counts. */
export function linkQdisc(rate: number | undefined): string {
  if (rate === undefined) return "pfifo limit 10000";
  return `tbf rate ${rate}bit burst ${burstBytes(rate)} latency ${QUEUE_MS}ms`;
}

/** The same in words for the reader of the results. */
export function describeLink(rate: number | undefined): string {
  if (rate === undefined) return "no limit";
  return `${rate / 1e6} Mbit/s each way (tbf, burst ${Math.round(burstBytes(rate) / 1024)} KiB, queue ${QUEUE_MS} ms)`;
}

function burstBytes(rate: number): number {
  return Math.max(MIN_BURST_BYTES, Math.ceil((rate / 8) * BURST_SECONDS));
}
