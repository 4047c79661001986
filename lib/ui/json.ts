// A fleet as JSON lines on stdout: one object a line and nothing else, for programs.
import type { FleetEvent, Summary } from "../swarm/events.ts";
import { type FleetState, isFinal } from "../swarm/state.ts";
import type { Reporter } from "./feed.ts";
import { overview } from "./overview.ts";
import { hostResult } from "./results.ts";

const PROGRESS_EVERY_MS = 1000;

export interface JsonOptions {
  /** Also `status`, `release` and `sources` objects and notes of level `detail`. */
  readonly verbose: boolean;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
}

/**
 * Writes `plan`, `phase`, `torrent`, `batch`, `note`, `output` and `preview` as they happen, `progress` at most once a second and once
 * more at the end of distribute, `host` once a host as soon as it is final, `summary` last.
 */
export function jsonReporter({ verbose, write }: JsonOptions): Reporter {
  const told = new Set<string>();
  let progressAtMs = Number.NEGATIVE_INFINITY;
  let pending = false;

  const put = (value: object) => write(JSON.stringify(value));
  const tellHost = (name: string, state: FleetState) => {
    const host = state.hosts.get(name);
    if (host === undefined || told.has(name)) return;
    told.add(name);
    put({ type: "host", ...hostResult(host, state.atMs) });
  };
  const tellProgress = (state: FleetState, { last = false } = {}) => {
    pending = !last && state.atMs - progressAtMs < PROGRESS_EVERY_MS;
    if (pending) return;
    progressAtMs = state.atMs;
    put(progressObject(state));
  };

  return {
    event(event, state) {
      switch (event.type) {
        case "progress":
          return tellProgress(state);
        case "status":
          if (verbose) put(event);
          if (isFinal(event.status)) tellHost(event.host, state);
          return;
        case "failed":
          return tellHost(event.host, state);
        case "note":
          if (event.level !== "detail" || verbose) put(event);
          return;
        case "release":
        case "sources":
          if (verbose) put(event);
          return;
        case "phase":
          if (event.state === "end" && pending) tellProgress(state, { last: true });
          return put(event);
        case "batch":
          for (const name of event.back ?? []) told.delete(name);
          return put(event);
        case "summary":
          if (pending) tellProgress(state, { last: true });
          for (const name of state.hosts.keys()) tellHost(name, state);
          return put(summaryObject(event.summary));
        default:
          return put(
            event satisfies Extract<FleetEvent, { type: "plan" | "torrent" | "output" | "preview" }>,
          );
      }
    },
    end() {},
  };
}

function progressObject(state: FleetState): object {
  const { verifiedBytes, totalBytes, bytesPerSecond, etaSeconds, counts, seederShare } = overview(state);
  return {
    type: "progress",
    atMs: state.atMs,
    verifiedBytes,
    totalBytes,
    bytesPerSecond: Math.round(bytesPerSecond),
    etaSeconds: etaSeconds === undefined ? null : Math.round(etaSeconds * 10) / 10,
    hosts: counts,
    seederUploadedBytes: state.seederUploadedBytes,
    seederShare: seederShare === undefined ? null : Math.round(seederShare * 10_000) / 10_000,
    availability: state.availability ?? null,
  };
}

function summaryObject(summary: Summary): object {
  const { ok, failed, unreachable, skipped, release, infohash, bytes, seconds, outcome, exitCode } = summary;
  return {
    type: "summary",
    ok,
    failed,
    unreachable,
    skipped,
    release: release ?? null,
    infohash: infohash ?? null,
    bytes,
    seconds,
    outcome,
    exitCode,
  };
}
