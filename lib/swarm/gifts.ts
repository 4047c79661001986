// Who gave what to whom, in hosts' names.
import type { Result } from "../peer/protocol.ts";
import type { Gift } from "./events.ts";

export interface Gifts {
  named(peerId: string, host: string): void;
  /** What a host received, by who gave it: most first. What no peer gave came over SSH from this machine. */
  of(received: Result<"complete">): Gift[];
}

/** `seederId`: the peer id of this machine's own seeder. */
export function openGifts(seederId: string): Gifts {
  const hosts = new Map<string, string>();
  return {
    named: (peerId, host) => void hosts.set(peerId, host),
    of: ({ downloadedBytes, sources }) => {
      const sums = new Map<string | undefined, number>();
      const add = (from: string | undefined, bytes: number) => sums.set(from, (sums.get(from) ?? 0) + bytes);
      let swarmBytes = 0;
      for (const [peerId, bytes] of sources) {
        swarmBytes += bytes;
        const host = hosts.get(peerId);
        if (host !== undefined || peerId === seederId) add(host, bytes);
      }
      if (downloadedBytes > swarmBytes) add(undefined, downloadedBytes - swarmBytes);
      return [...sums].map(([from, bytes]) => ({ from, bytes })).sort((a, b) => b.bytes - a.bytes);
    },
  };
}
