// What happened in a run, as it happens: enough to tell it all again when it is over.
import type { RunRelease } from "../history/types.ts";
import type { BatchStep, FleetEvent, Gift, HostStatus, Phase } from "../swarm/events.ts";

export interface HostStory {
  readonly name: string;
  readonly group: string;
  /** Where it was from when on, oldest first. */
  readonly steps: readonly { readonly status: HostStatus; readonly atMs: number }[];
  readonly uploadedBytes: number;
  /** Who gave it what; empty when it never was complete. */
  readonly gifts: readonly Gift[];
}

/** Hosts that were switched together. */
export interface BatchStory {
  readonly index: number;
  readonly hosts: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  /** How it ended, or where it stood. */
  readonly state: BatchStep;
  readonly reason: string | undefined;
}

/** Sums over all hosts at a time. */
export interface FlowPoint {
  readonly atMs: number;
  readonly receivedBytes: number;
  /** What this machine sent. */
  readonly sentBytes: number;
}

/** What happened in a run: times, hosts, bytes, who gave to whom. */
export interface Story {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly phases: readonly { readonly phase: Phase; readonly startMs: number; readonly endMs: number }[];
  readonly hosts: readonly HostStory[];
  readonly flow: readonly FlowPoint[];
  readonly batches: readonly BatchStory[];
  readonly release: RunRelease;
  readonly payload:
    | { readonly totalBytes: number; readonly pieces: number; readonly pieceLength: number }
    | undefined;
  readonly warnings: readonly string[];
}

export interface StoryTeller {
  hear(event: FleetEvent): void;
  /** The story so far. */
  tell(): Story;
}

/** More warnings than anybody reads. */
const MAX_WARNINGS = 200;

/** Listens to a run of these hosts that began at `startedAtMs`. */
export function openStory(
  hosts: readonly { readonly name: string; readonly group: string }[],
  { startedAtMs }: { readonly startedAtMs: number },
): StoryTeller {
  const all = new Map(
    hosts.map(({ name, group }) => [
      name,
      {
        name,
        group,
        steps: [] as HostStory["steps"][number][],
        uploadedBytes: 0,
        receivedBytes: 0,
        gifts: [] as readonly Gift[],
      },
    ]),
  );
  const phases = new Map<Phase, { phase: Phase; startMs: number; endMs: number | undefined }>();
  const flow: FlowPoint[] = [];
  const batches = new Map<number, BatchStory>();
  const warnings: string[] = [];
  let release: RunRelease = {};
  let payload: Story["payload"];
  let receivedBytes = 0;
  let endedAtMs = startedAtMs;

  const step = (host: string, status: HostStatus, atMs: number) => {
    const steps = all.get(host)?.steps;
    if (steps !== undefined && steps.at(-1)?.status !== status) steps.push({ status, atMs });
  };
  const hearProgress = (event: Extract<FleetEvent, { type: "progress" }>) => {
    for (const { host, downloadedBytes, uploadedBytes } of event.hosts) {
      const found = all.get(host);
      if (found === undefined) continue;
      receivedBytes += downloadedBytes - found.receivedBytes;
      Object.assign(found, { receivedBytes: downloadedBytes, uploadedBytes });
    }
    flow.push({ atMs: event.atMs, receivedBytes, sentBytes: event.seederUploadedBytes });
  };

  const hearBatch = ({
    index,
    hosts: names,
    state,
    reason,
    atMs,
  }: Extract<FleetEvent, { type: "batch" }>) => {
    const before = batches.get(index);
    const startMs = before === undefined || state === "running" ? atMs : before.startMs;
    batches.set(index, {
      index,
      hosts: names,
      state,
      startMs,
      endMs: atMs,
      reason: reason ?? before?.reason,
    });
  };

  return {
    hear: (event) => {
      endedAtMs = event.atMs;
      if (event.type === "status") step(event.host, event.status, event.atMs);
      else if (event.type === "failed") step(event.host, event.status, event.atMs);
      else if (event.type === "progress") hearProgress(event);
      else if (event.type === "batch") hearBatch(event);
      else if (event.type === "phase" && event.state === "start")
        phases.set(event.phase, { phase: event.phase, startMs: event.atMs, endMs: undefined });
      else if (event.type === "phase") Object.assign(phases.get(event.phase) ?? {}, { endMs: event.atMs });
      else if (event.type === "release") {
        const { release: id, infohash, tree, revision } = event;
        release = { release: id, infohash, tree, revision };
      } else if (event.type === "torrent") {
        const { infohash, totalBytes, pieces, pieceLength } = event;
        release = { ...release, infohash };
        payload = { totalBytes, pieces, pieceLength };
      } else if (event.type === "sources") {
        const host = all.get(event.host);
        if (host !== undefined) host.gifts = event.gifts;
      } else if (event.type === "note" && event.level === "warning" && warnings.length < MAX_WARNINGS)
        warnings.push(event.host === undefined ? event.message : `${event.host}: ${event.message}`);
    },
    tell: () => ({
      startedAtMs,
      endedAtMs,
      phases: [...phases.values()].map((each) => ({ ...each, endMs: each.endMs ?? endedAtMs })),
      hosts: [...all.values()].map(({ receivedBytes: _, ...host }) => host),
      flow,
      batches: [...batches.values()],
      release,
      payload,
      warnings,
    }),
  };
}
