// A run of as many hosts as wanted, told event by event as a fleet would tell it.
import type { RunRecord } from "../../lib/history/types.ts";
import { openStory, type Story } from "../../lib/report/story.ts";
import type { FleetEvent, HostStatus } from "../../lib/swarm/events.ts";
import { emptyState, type FleetState, reduce } from "../../lib/swarm/state.ts";
import { hostResults } from "../../lib/ui/results.ts";

const MiB = 2 ** 20;
const START_MS = Date.UTC(2026, 10, 23, 12, 0, 0);
const PAYLOAD = 200 * MiB;
/** A host takes so many others' bytes. */
const GIVERS = 12;

export interface SampleOptions {
  readonly hosts: number;
  readonly groups?: number;
  /** Host names; `web1` and so on where left out. */
  readonly nameOf?: (index: number) => string;
  readonly title?: string;
  /** Every so many-th host fails while it unpacks. */
  readonly failEvery?: number;
  readonly error?: string;
  readonly batches?: number;
}

/** The same for the same options. */
export function sampleRun(options: SampleOptions): { readonly run: RunRecord; readonly story: Story } {
  const { hosts: count, groups = 1, nameOf = (index) => `web${index + 1}`, failEvery = 0 } = options;
  const { error = "no space left on the device", title = "shop", batches = 1 } = options;
  const hosts = Array.from({ length: count }, (_, index) => ({
    host: nameOf(index),
    group: `group${index % groups}`,
  }));
  const events: FleetEvent[] = [{ type: "plan", atMs: START_MS, title, hosts }];
  const at = (seconds: number) => START_MS + Math.round(seconds * 1000);
  const status = (host: string, to: HostStatus, seconds: number) =>
    events.push({ type: "status", host, status: to, atMs: at(seconds) });
  const phase = (name: "pack" | "connect" | "distribute" | "activate", from: number, to: number) => {
    events.push({ type: "phase", phase: name, state: "start", atMs: at(from) });
    events.push({ type: "phase", phase: name, state: "end", atMs: at(to) });
  };
  const random = numbers(count);
  phase("pack", 0, 2);
  phase("connect", 2, 5);
  phase("distribute", 5, 30);
  phase("activate", 30, 38);
  const facts = { infohash: "5a".repeat(20), tree: "7e".repeat(32), revision: "v1.4.2" };
  events.push({ type: "release", release: "20261123120307", ...facts, atMs: at(5) });
  const pieces = { totalBytes: PAYLOAD, pieces: 800, pieceLength: PAYLOAD / 800, infohash: facts.infohash };
  events.push({ type: "torrent", release: "20261123120307", ...pieces, atMs: at(5) });
  for (const [index, { host }] of hosts.entries()) {
    const late = random() * 2;
    status(host, "connecting", 2 + late / 2);
    status(host, "connected", 3 + late);
    status(host, "ready", 4.5 + late / 4);
    status(host, "fetching", 5.2 + late / 4);
    const complete = 22 + random() * 7;
    for (let seconds = 6; seconds < complete; seconds += 2) {
      const part = Math.round((PAYLOAD * (seconds - 5)) / (complete - 5));
      const report = { host, verified: 0, downloadedBytes: part, uploadedBytes: part, peers: GIVERS };
      const seederUploadedBytes = Math.min(PAYLOAD * 1.2, part * 2);
      events.push({ type: "progress", hosts: [report], seederUploadedBytes, atMs: at(seconds) });
    }
    const report = { host, verified: 800, downloadedBytes: PAYLOAD, uploadedBytes: PAYLOAD, peers: 3 };
    events.push({
      type: "progress",
      hosts: [report],
      seederUploadedBytes: PAYLOAD * 1.2,
      atMs: at(complete),
    });
    const from = Array.from(
      { length: Math.min(GIVERS, count) },
      (_, each) => (index + each * each + 1) % count,
    );
    const givers = [...new Set(from)].filter((each) => each !== index).map((each) => hosts[each]?.host);
    const share = Math.floor(PAYLOAD / (givers.length + 1));
    const gifts = [undefined, ...givers].map((name) => ({ from: name, bytes: share }));
    events.push({
      type: "sources",
      host,
      gifts: index % 9 === 0 ? gifts : gifts.slice(1),
      atMs: at(complete),
    });
    status(host, "complete", complete);
    if (failEvery > 0 && index % failEvery === failEvery - 1) {
      const fault = { code: "disk-full", message: `${host}: ${error}`, hint: "free some space" } as const;
      events.push({ type: "failed", host, status: "failed", error: fault, atMs: at(complete + 1) });
      continue;
    }
    status(host, "prepared", 30 + random());
    const batch = Math.floor((index * batches) / count);
    status(host, "active", 32 + batch * 0.8);
    status(host, "ok", 32.5 + batch * 0.8 + random() / 4);
  }
  for (let index = 0; batches > 1 && index < batches; index++) {
    const own = hosts
      .filter((_, each) => Math.floor((each * batches) / count) === index)
      .map(({ host }) => host);
    const batch = { type: "batch", index: index + 1, of: batches, hosts: own } as const;
    events.push({ ...batch, state: "running", atMs: at(32 + index * 0.8) });
    events.push({ ...batch, state: "done", atMs: at(32.7 + index * 0.8) });
  }
  events.push({ type: "note", level: "warning", message: "ansistrano_current_dir is set", atMs: at(38) });
  return tell(
    events.toSorted((a, b) => a.atMs - b.atMs),
    { title },
  );
}

function tell(events: readonly FleetEvent[], { title }: { readonly title: string }) {
  const [plan] = events;
  if (plan?.type !== "plan") throw new Error("a run begins with its plan");
  const hosts = plan.hosts.map(({ host, group }) => ({ name: host, group }));
  const teller = openStory(hosts, { startedAtMs: START_MS });
  let state: FleetState = emptyState(START_MS);
  for (const event of events) {
    state = reduce(state, event);
    teller.hear(event);
  }
  const story = teller.tell();
  const outcomes = hostResults(state).map(({ host, ...rest }) => ({ name: host, ...rest }));
  const ok = outcomes.filter((each) => each.status === "ok").length;
  const run: RunRecord = {
    ...{
      id: "20261123120000000-abcdef",
      kind: "deploy",
      app: title,
      environment: "prod",
      pattern: "web:&eu",
    },
    ...{ owner: "ops@deploy1", source: "git:v1.4.2", startedAt: new Date(START_MS).toISOString() },
    ...{
      endedAt: new Date(story.endedAtMs).toISOString(),
      exitCode: ok === outcomes.length ? 0 : 2,
      bytes: PAYLOAD,
    },
    ...{ outcome: `${title} is 20261123120307 on ${ok} of ${outcomes.length} hosts`, ...story.release },
    seconds: { pack: 2, connect: 3, bootstrap: 0, distribute: 25, activate: 8, total: 38 },
    hosts: outcomes,
  };
  return { run, story };
}

/** Numbers in [0, 1), the same each time (mulberry32's idea, in other constants). */
function numbers(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}
