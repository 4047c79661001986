// One packet, one write.
import type { Duplex } from "node:stream";

/**
 * Gathers what is written to `stream` within one turn of the event loop into one write. ssh2 hands over every packet in
 * two or three parts (length, body, tag), each of which was a system call and, without Nagle's delay, a TCP segment;
 * through a jump host even a packet of its own.
 */
export function gatherWrites(stream: Duplex): void {
  const write = stream.write.bind(stream) as (bytes: Uint8Array) => boolean;
  const end = stream.end.bind(stream);
  let parts: Uint8Array[] = [];
  const flush = () => {
    if (parts.length === 0) return;
    const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    parts = [];
    if (stream.writable) write(bytes);
  };
  stream.write = ((bytes: Uint8Array) => {
    if (parts.push(bytes) === 1) queueMicrotask(flush);
    return !stream.writableNeedDrain;
  }) as Duplex["write"];
  stream.end = ((...rest: []) => {
    flush();
    return end(...rest);
  }) as Duplex["end"];
}
