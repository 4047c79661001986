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
  let seen: number | undefined;
  let stale = false;
  const complete = new Set<string>();
  // The seeder counts the copies among the peers it is connected to; hosts that are complete are one each wherever they are.
  const availability = () => (seen === undefined ? {} : { availability: Math.max(seen, 1 + complete.size) });
  const flush = () => {
    if (!stale) return;
    stale = false;
    fleet.emit({
      type: "progress",
      hosts: [...news.values()],
      seederUploadedBytes,
      ...availability(),
    });
    news.clear();
  };
  seeder.onEvent((event) => {
    if (event.type !== "progress") return;
    seederUploadedBytes = event.uploadedBytes;
    seen = event.availability;
    stale = true;
  });
  const timer = setInterval(flush, REPORT_MS);
  return {
    watch: ({ name, peer }) =>
      peer?.onEvent((event) => {
        if (event.type !== "progress") return;
        const { verified, downloadedBytes, uploadedBytes, peers, note } = event;
        if (verified === pieces) complete.add(name);
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
