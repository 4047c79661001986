// Progress of many peers as one report four times a second: a thousand hosts must not mean a thousand redraws.
import type { Peer } from "../peer/client.ts";
import type { HostProgress } from "./events.ts";
import type { Fleet, Member } from "./fleet.ts";

const REPORT_MS = 250;

export interface ProgressWatch extends Disposable {
  /** Counts this member's progress in from now on. */
  watch(member: Member): void;
  /** Emits what has come since the last report. */
  flush(): void;
}

/** Watches `seeder` (or what stands for it), and the members named to it, of a swarm whose torrent has so many pieces. */
export function watchProgress(
  fleet: Fleet,
  seeder: Pick<Peer, "onEvent">,
  { pieces }: { readonly pieces: number },
): ProgressWatch {
  const news = new Map<string, HostProgress>();
  let seederUploadedBytes = 0;
  let stale = false;
  const verifiedBy = new Map<string, number>();
  // What the hosts hold together, and the seeder: each piece is held by so many on average.
  const copies = () => 1 + verifiedBy.values().reduce((sum, verified) => sum + verified, 0) / pieces;
  const flush = () => {
    if (!stale) return;
    stale = false;
    fleet.emit({
      type: "progress",
      hosts: [...news.values()],
      seederUploadedBytes,
      availability: copies(),
    });
    news.clear();
  };
  seeder.onEvent((event) => {
    if (event.type !== "progress") return;
    seederUploadedBytes = event.uploadedBytes;
    stale = true;
  });
  const timer = setInterval(flush, REPORT_MS);
  return {
    watch: ({ name, peer }) =>
      peer?.onEvent((event) => {
        if (event.type !== "progress") return;
        const { verified, downloadedBytes, uploadedBytes, peers, note } = event;
        verifiedBy.set(name, verified);
        news.set(name, { host: name, verified, downloadedBytes, uploadedBytes, peers, note });
        stale = true;
      }),
    flush,
    [Symbol.dispose]: () => {
      clearInterval(timer);
      flush();
    },
  };
}
