// (state, event) → state: everything a screen shows, kept pure so that it can be tested in tables.
import type { Fault, FleetEvent, HostProgress, HostStatus, Phase, Summary } from "./events.ts";

export interface HostState {
  readonly name: string;
  /** The inventory group it is shown under. */
  readonly group: string;
  readonly status: HostStatus;
  readonly detail: string | undefined;
  /** Pieces verified. */
  readonly verified: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Smoothed over about two seconds. */
  readonly bytesPerSecond: number;
  readonly peers: number;
  readonly error: Fault | undefined;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
}

export interface PhaseTimes {
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
}

export interface FleetState {
  readonly title: string;
  readonly startedAtMs: number;
  /** Time of the newest event. */
  readonly atMs: number;
  readonly phase: Phase | undefined;
  readonly phases: Readonly<Partial<Record<Phase, PhaseTimes>>>;
  readonly hosts: ReadonlyMap<string, HostState>;
  readonly torrent:
    | {
        readonly infohash: string;
        readonly release: string | undefined;
        readonly totalBytes: number;
        readonly pieces: number;
        readonly pieceLength: number;
      }
    | undefined;
  /** Time of the newest progress report: what rates are measured against. */
  readonly progressAtMs: number | undefined;
  readonly seederUploadedBytes: number;
  readonly availability: number | undefined;
  /** The newest happenings, newest last, at most `LOG_LINES`. */
  readonly log: readonly {
    readonly atMs: number;
    readonly level: "info" | "warning" | "error";
    readonly text: string;
  }[];
  readonly summary: Summary | undefined;
}

export const LOG_LINES = 200;

const EMPTY: Omit<FleetState, "startedAtMs" | "atMs"> = {
  title: "",
  phase: undefined,
  phases: {},
  hosts: new Map(),
  torrent: undefined,
  progressAtMs: undefined,
  seederUploadedBytes: 0,
  availability: undefined,
  log: [],
  summary: undefined,
};

export function emptyState(atMs: number): FleetState {
  return { ...EMPTY, startedAtMs: atMs, atMs };
}

/** The state after `event`. Events about hosts the plan didn't name are bugs and throw. */
export function reduce(state: FleetState, event: FleetEvent): FleetState {
  const next = { ...state, atMs: event.atMs };
  switch (event.type) {
    case "plan": {
      const hosts = new Map(event.hosts.map(({ host, group }) => [host, newHost(host, group)]));
      return { ...next, title: event.title, hosts };
    }
    case "phase": {
      const times =
        event.state === "start"
          ? { startedAtMs: event.atMs, endedAtMs: undefined }
          : { startedAtMs: state.phases[event.phase]?.startedAtMs ?? event.atMs, endedAtMs: event.atMs };
      return { ...next, phase: event.phase, phases: { ...state.phases, [event.phase]: times } };
    }
    case "torrent": {
      const { infohash, release, totalBytes, pieces, pieceLength } = event;
      return { ...next, torrent: { infohash, release, totalBytes, pieces, pieceLength } };
    }
    case "status":
      return withHosts(next, [event.host], (host) => ({
        ...host,
        status: event.status,
        detail: event.detail,
        startedAtMs: host.startedAtMs ?? event.atMs,
        bytesPerSecond: event.status === "fetching" ? host.bytesPerSecond : 0,
        endedAtMs: event.status === "ok" || event.status === "skipped" ? event.atMs : host.endedAtMs,
      }));
    case "progress": {
      const reports = new Map(event.hosts.map((report) => [report.host, report]));
      const sinceMs = state.progressAtMs ?? state.phases.distribute?.startedAtMs ?? event.atMs;
      const seconds = Math.max(0.001, (event.atMs - sinceMs) / 1000);
      return {
        ...withHosts(next, [...reports.keys()], (host) => progressed(host, reports.get(host.name), seconds)),
        progressAtMs: event.atMs,
        seederUploadedBytes: event.seederUploadedBytes,
        availability: event.availability,
      };
    }
    case "failed":
      return logged(
        withHosts(next, [event.host], (host) => ({
          ...host,
          status: event.status,
          error: event.error,
          bytesPerSecond: 0,
          endedAtMs: event.atMs,
        })),
        event.status === "skipped" ? "info" : "error",
        `${event.host}: ${event.error.message}`,
      );
    case "output":
      return logged(next, "info", `${event.host}: ${event.text.trimEnd()}`);
    case "note": {
      if (event.level === "detail") return next;
      return logged(
        next,
        event.level,
        event.host === undefined ? event.message : `${event.host}: ${event.message}`,
      );
    }
    case "summary":
      return { ...next, summary: event.summary };
  }
}

/** Final statuses: nothing more happens to such a host. */
export function isFinal(status: HostStatus): boolean {
  return status === "ok" || status === "failed" || status === "unreachable" || status === "skipped";
}

function newHost(name: string, group: string): HostState {
  return {
    name,
    group,
    status: "waiting",
    detail: undefined,
    verified: 0,
    downloadedBytes: 0,
    uploadedBytes: 0,
    bytesPerSecond: 0,
    peers: 0,
    error: undefined,
    startedAtMs: undefined,
    endedAtMs: undefined,
  };
}

function withHosts(
  state: FleetState,
  names: readonly string[],
  change: (host: HostState) => HostState,
): FleetState {
  const hosts = new Map(state.hosts);
  for (const name of names) {
    const host = hosts.get(name);
    if (host === undefined) throw new Error(`event about a host that is not in the plan: ${name}`);
    hosts.set(name, change(host));
  }
  return { ...state, hosts };
}

function progressed(host: HostState, report: HostProgress | undefined, seconds: number): HostState {
  if (report === undefined) return host;
  const rate = Math.max(0, report.downloadedBytes - host.downloadedBytes) / seconds;
  // An exponential mean with a two-second memory: steady enough to read, quick enough to show a stall.
  const weight = 1 - Math.exp(-seconds / 2);
  return {
    ...host,
    verified: report.verified,
    downloadedBytes: report.downloadedBytes,
    uploadedBytes: report.uploadedBytes,
    peers: report.peers,
    detail: report.note,
    bytesPerSecond: host.bytesPerSecond + (rate - host.bytesPerSecond) * weight,
  };
}

function logged(state: FleetState, level: "info" | "warning" | "error", text: string): FleetState {
  return { ...state, log: [...state.log, { atMs: state.atMs, level, text }].slice(-LOG_LINES) };
}
