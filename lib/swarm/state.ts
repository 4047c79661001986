// (state, event) → state: everything a screen shows, kept pure so that it can be tested in tables.
import { type BatchState, reopened, withBatch } from "./batch-state.ts";
import type { Fault, FleetEvent, HostProgress, HostStatus, Phase, Summary } from "./events.ts";
import { HostMap } from "./host-map.ts";

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
  /** Time of its newest progress report: what its rate is measured against. */
  readonly progressAtMs: number | undefined;
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
  /** In order; empty until the switch begins. */
  readonly batches: readonly BatchState[];
  /** Time of the newest progress report of any host. */
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
  batches: [],
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
      const hosts = HostMap.of(event.hosts.map(({ host, group }) => [host, newHost(host, group)] as const));
      return { ...next, title: event.title, hosts };
    }
    case "phase": {
      const times =
        event.state === "start"
          ? { startedAtMs: event.atMs, endedAtMs: undefined }
          : { startedAtMs: state.phases[event.phase]?.startedAtMs ?? event.atMs, endedAtMs: event.atMs };
      // Phases overlap (the first peers fetch while others still start), so an end must not bring an older phase back.
      const phase = event.state === "start" ? event.phase : (state.phase ?? event.phase);
      return { ...next, phase, phases: { ...state.phases, [event.phase]: times } };
    }
    case "torrent": {
      const { infohash, release, totalBytes, pieces, pieceLength } = event;
      return { ...next, torrent: { infohash, release, totalBytes, pieces, pieceLength } };
    }
    case "status":
      return withHosts(next, [event.host], (host) => moved(host, event));
    case "progress": {
      const reports = new Map(event.hosts.map((report) => [report.host, report]));
      const sinceMs = state.phases.distribute?.startedAtMs ?? event.atMs;
      return {
        ...withHosts(next, [...reports.keys()], (host) =>
          progressed(host, reports.get(host.name), event.atMs, sinceMs),
        ),
        progressAtMs: event.atMs,
        seederUploadedBytes: event.seederUploadedBytes,
        availability: event.availability,
      };
    }
    case "failed": {
      const before = state.hosts.get(event.host);
      // The first reason is the cause; what follows (a closed connection, a stop because of others) is its echo.
      if (before?.error !== undefined || (before?.status === "ok" && event.status === "skipped")) return next;
      const level = event.status === "skipped" ? "info" : "error";
      const { host, status, error, atMs } = event;
      const hosts = withHosts(next, [host], (it) => ({ ...moved(it, { status, atMs }), status, error }));
      return logged(hosts, level, atHost(host, error.message));
    }
    case "batch": {
      const hosts = withHosts(next, event.back ?? [], reopened);
      return { ...hosts, batches: withBatch(state.batches, event) };
    }
    case "output":
      return logged(next, "info", `${event.host}: ${event.text.trimEnd()}`);
    case "note": {
      if (event.level === "detail") return next;
      return logged(
        next,
        event.level,
        event.host === undefined ? event.message : atHost(event.host, event.message),
      );
    }
    case "release":
    case "sources":
    case "preview":
      return next;
    case "summary":
      return { ...next, summary: event.summary };
  }
}

/** Final statuses: nothing more happens to such a host. */
export function isFinal(status: HostStatus): boolean {
  return status === "ok" || status === "failed" || status === "unreachable" || status === "skipped";
}

/** Statuses of hosts that count against what may fail. */
export function isLost(status: HostStatus): boolean {
  return status === "failed" || status === "unreachable";
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
    progressAtMs: undefined,
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
  const stranger = names.find((name) => !state.hosts.has(name));
  if (stranger !== undefined) throw new Error(`event about a host that is not in the plan: ${stranger}`);
  return { ...state, hosts: HostMap.of(state.hosts).changed(names, change) };
}

function moved(
  host: HostState,
  to: { readonly status: HostStatus; readonly detail?: string | undefined; readonly atMs: number },
): HostState {
  // A late message of a peer that is already given up must not bring its host back.
  if (isFinal(host.status)) return host;
  return {
    ...host,
    status: to.status,
    detail: to.detail,
    startedAtMs: host.startedAtMs ?? (to.status === "waiting" ? undefined : to.atMs),
    bytesPerSecond: to.status === "fetching" ? host.bytesPerSecond : 0,
    endedAtMs: isFinal(to.status) ? to.atMs : undefined,
  };
}

function progressed(
  host: HostState,
  report: HostProgress | undefined,
  atMs: number,
  sinceMs: number,
): HostState {
  if (report === undefined) return host;
  // Reports may name only the hosts that changed, so each host's rate has its own clock.
  const seconds = Math.max(0.001, (atMs - (host.progressAtMs ?? sinceMs)) / 1000);
  const rate = Math.max(0, report.downloadedBytes - host.downloadedBytes) / seconds;
  // An exponential mean with a two-second memory: steady enough to read, quick enough to show a stall.
  const weight = 1 - Math.exp(-seconds / 2);
  const fetching = host.status === "ready" || host.status === "fetching";
  return {
    ...host,
    verified: report.verified,
    downloadedBytes: report.downloadedBytes,
    uploadedBytes: report.uploadedBytes,
    peers: report.peers,
    progressAtMs: atMs,
    // A peer that serves others keeps reporting; what the host itself does next is worth more than its silence.
    detail: fetching ? report.note : (report.note ?? host.detail),
    bytesPerSecond: fetching ? host.bytesPerSecond + (rate - host.bytesPerSecond) * weight : 0,
  };
}

/** Messages often begin with their host already; twice reads like a stutter. */
function atHost(host: string, message: string): string {
  return message.startsWith(`${host}: `) ? message : `${host}: ${message}`;
}

function logged(state: FleetState, level: "info" | "warning" | "error", text: string): FleetState {
  return { ...state, log: [...state.log, { atMs: state.atMs, level, text }].slice(-LOG_LINES) };
}
