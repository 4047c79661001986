// A run of any size as a list of events: the same each time, so that screens can be compared.
import type { FleetEvent, HostProgress, HostStatus, Phase, Summary } from "../../lib/swarm/events.ts";

const MiB = 1024 * 1024;
const PIECE_LENGTH = MiB / 4;
const PIECES = 1648;
export const PAYLOAD_BYTES = PIECES * PIECE_LENGTH - 100_000;
export const INFOHASH = "c9e15763f722f23e98a29decdfae341b98d53056";

export interface Script {
  readonly hosts: number;
  /** When the run begins; default a fixed moment. */
  readonly startMs?: number;
  /** Seconds the payload takes. */
  readonly distributeSeconds?: number;
  /** Milliseconds between progress reports. */
  readonly reportEveryMs?: number;
}

const GROUPS = [
  ["web", 0.5],
  ["api", 0.8],
  ["db", 0.9],
  ["cache", 1],
] as const;

/** Names and groups of `count` hosts: half of them web, then api, db and cache. */
export function scriptedHosts(count: number): { host: string; group: string }[] {
  const numbers = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    const group = GROUPS.find(([, upTo]) => index < upTo * count)?.[0] ?? "cache";
    const number = (numbers.get(group) ?? 0) + 1;
    numbers.set(group, number);
    const digits = String(Math.max(1, Math.floor(count / 2))).length;
    return { host: `${group}${String(number).padStart(digits, "0")}.example.net`, group };
  });
}

/**
 * A deploy: in each hundred hosts (or fleet of eight) one can't be reached and one runs out of disk, the others get
 * the payload at speeds of their own.
 */
export function scriptedRun({
  hosts: count,
  startMs = Date.UTC(2026, 10, 23, 10, 0, 0),
  distributeSeconds = 20,
  reportEveryMs = 500,
}: Script): FleetEvent[] {
  const hosts = scriptedHosts(count);
  const events: FleetEvent[] = [];
  const at = (seconds: number) => startMs + Math.round(seconds * 1000);
  const phase = (seconds: number, name: Phase, state: "start" | "end") =>
    events.push({ type: "phase", atMs: at(seconds), phase: name, state });
  const status = (seconds: number, host: string, to: HostStatus, detail?: string) =>
    events.push({ type: "status", atMs: at(seconds), host, status: to, detail });

  events.push({ type: "plan", atMs: at(0), title: "deploy 20261123-100000 to prod", hosts });
  phase(0, "connect", "start");
  phase(0, "pack", "start");
  phase(0.8, "pack", "end");
  const { infohash, release } = { infohash: INFOHASH, release: "20261123-100000" };
  const totalBytes = PAYLOAD_BYTES;
  events.push({
    type: "torrent",
    atMs: at(0.8),
    infohash,
    release,
    totalBytes,
    pieces: PIECES,
    pieceLength: PIECE_LENGTH,
  });
  const isDown = (index: number) => index % 100 === 6;
  const isFull = (index: number) => index % 100 === 3;
  for (const [index, { host }] of hosts.entries()) {
    const begin = 0.8 + (index / count) * 1.2;
    status(begin, host, "connecting");
    if (!isDown(index)) {
      status(begin + 0.3, host, "connected");
      continue;
    }
    const error = {
      code: "unreachable",
      message: `${host}: connection to 192.0.2.17:22 refused`,
      hint: "is sshd running there, and is port 22 open for this machine?",
    } as const;
    events.push({ type: "failed", atMs: at(begin + 0.4), host, status: "unreachable", error });
  }
  phase(2.5, "connect", "end");
  phase(2.5, "bootstrap", "start");
  const up = hosts.filter((_, index) => !isDown(index));
  for (const { host } of up) status(2.5, host, "connected", "uploading the peer");
  for (const [index, { host }] of up.entries()) status(2.6 + (index / count) * 0.8, host, "ready");
  phase(3.5, "bootstrap", "end");
  phase(3.5, "distribute", "start");
  for (const { host } of up) status(3.5, host, "fetching");
  events.push(
    { type: "note", atMs: at(3.6), level: "warning", message: "public/uploads points out of the release" },
    { type: "note", atMs: at(3.6), level: "detail", message: "tracker listens on port 40123" },
  );

  const lost = new Set<string>();
  const done = new Set<string>();
  for (let ms = reportEveryMs; ms <= distributeSeconds * 1000; ms += reportEveryMs) {
    const seconds = 3.5 + ms / 1000;
    const reports: HostProgress[] = [];
    for (const [index, { host }] of hosts.entries()) {
      if (isDown(index) || lost.has(host)) continue;
      const speed = 0.75 + ((index * 37) % 50) / 100;
      const share = Math.min(1, (ms / 1000 / distributeSeconds) * speed * 1.35);
      const verified = Math.floor(share * PIECES);
      const downloadedBytes = Math.floor(share * PAYLOAD_BYTES);
      const note = index % 50 === 5 && share > 0.3 && share < 0.45 ? "disk" : undefined;
      reports.push({
        host,
        verified,
        downloadedBytes,
        uploadedBytes: Math.floor(downloadedBytes * 0.9),
        peers: 4 + (index % 7),
        note,
      });
    }
    const seederUploadedBytes = Math.floor(
      Math.min(1.4, (ms / 1000 / distributeSeconds) * 2) * PAYLOAD_BYTES,
    );
    const availability = Math.min(count, 1 + (ms / 1000 / distributeSeconds) * count * 0.7);
    events.push({ type: "progress", atMs: at(seconds), hosts: reports, seederUploadedBytes, availability });
    for (const [index, { host }] of hosts.entries()) {
      const report = reports.find((it) => it.host === host);
      if (report === undefined || done.has(host)) continue;
      if (isFull(index) && report.verified > PIECES / 2) {
        lost.add(host);
        const message = `${host}: no space left on /srv/app (needs 412 MiB, 12.3 MiB free on /dev/sda2)`;
        const hint = "free some space there, or lower rookery_keep_releases";
        events.push({
          type: "failed",
          atMs: at(seconds),
          host,
          status: "failed",
          error: { code: "disk-full", message, hint },
        });
      } else if (report.verified === PIECES) {
        done.add(host);
        status(seconds, host, "complete");
      }
    }
  }
  const end = 3.5 + distributeSeconds;
  const rest = up.filter(({ host }) => !lost.has(host));
  phase(end, "distribute", "end");
  phase(end, "activate", "start");
  for (const { host } of rest) status(end + 0.2, host, "prepared");
  for (const { host } of rest.slice(0, 2)) {
    events.push({ type: "output", atMs: at(end + 0.3), host, stream: "stdout", text: "2 migrations run\n" });
  }
  for (const { host } of rest) status(end + 0.5, host, "active");
  for (const { host } of rest) status(end + 0.9, host, "ok");
  phase(end + 1, "activate", "end");
  const unreachable = count - up.length;
  const summary: Summary = {
    ok: rest.length,
    failed: lost.size,
    unreachable,
    skipped: 0,
    release,
    infohash,
    bytes: PAYLOAD_BYTES,
    seconds: {
      pack: 0.8,
      connect: 1.7,
      bootstrap: 1,
      distribute: distributeSeconds,
      activate: 1,
      total: end + 1,
    },
    outcome: `release ${release} is current on ${rest.length} of ${count} hosts`,
    exitCode: unreachable > 0 ? 4 : lost.size > 0 ? 2 : 0,
  };
  events.push({ type: "summary", atMs: at(end + 1), summary });
  return events;
}
