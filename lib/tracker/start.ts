// A private tracker: bittorrent-tracker's server over HTTP, for the infohashes it was given and nobody else's.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import Server from "bittorrent-tracker/server";
import { plainAddress } from "../peer/address.ts";
import { listenWith } from "../peer/listen.ts";

export interface TrackerOptions {
  /** 40 lowercase hex digits each. */
  readonly infohashes: readonly string[];
  /** TCP ports to listen on, the first free one; any free one when undefined. */
  readonly ports?: { readonly from: number; readonly to: number } | undefined;
  readonly host?: string | undefined;
  /** How many peers are to be remembered for each infohash. */
  readonly maxPeers: number;
  /** How often peers are to come back. */
  readonly intervalSeconds?: number | undefined;
  /** Who may announce, and be announced. */
  readonly allow?: ((address: string) => boolean) | undefined;
}

export interface TrackerCounts {
  readonly seeders: number;
  readonly leechers: number;
}

export interface Tracker extends AsyncDisposable {
  readonly port: number;
  /** The announce URL for peers that reach this machine by `address`. */
  url(address: string): string;
  counts(infohash: string): TrackerCounts;
}

/** The server forgets peers beyond its cache (1000 by default), and restarts make new ones. */
const CACHED_PER_PEER = 4;

/**
 * Starts a tracker under a random path; every other path is a 404. Peers may name their own address (`ip=`), for the
 * one their announce comes from need not be the one others reach them by.
 * @throws OpsError port when all are taken
 * @see https://www.bittorrent.org/beps/bep_0003.html
 */
export async function startTracker({
  infohashes,
  ports,
  host,
  maxPeers,
  intervalSeconds = 10,
  allow = () => true,
}: TrackerOptions): Promise<Tracker> {
  const bad = infohashes.find((infohash) => !/^[0-9a-f]{40}$/.test(infohash));
  if (bad !== undefined || infohashes.length === 0) throw new RangeError(`not an infohash: ${bad}`);
  const known = new Set(infohashes);
  const path = `/${randomBytes(16).toString("hex")}/announce`;
  const tracker = new Server({
    http: false,
    udp: false,
    ws: false,
    stats: false,
    interval: intervalSeconds * 1000,
    peersCacheLength: CACHED_PER_PEER * maxPeers,
    filter: (infohash, _params, answer) =>
      answer(known.has(infohash) ? null : new Error("no such torrent here")),
  });
  // Malformed announces of clients: they got their answer, and there is nobody here to tell.
  tracker.on("warning", () => {});

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const from = plainAddress(request.socket.remoteAddress ?? "");
    const address = announced(request) ?? from;
    if (request.url?.split("?")[0] !== path || !allow(from) || !allow(address)) {
      response.writeHead(404).end();
      return;
    }
    // The server's own way to be told an address from outside.
    request.headers["x-forwarded-for"] = address;
    tracker.onHttpRequest(request, response, { action: "announce", trustProxy: true });
  };
  const server = await listenWith(() => createServer(answer), { ports, bind: host });

  let closing: Promise<void> | undefined;
  return {
    port: server.port,
    url: (address) => `http://${address.includes(":") ? `[${address}]` : address}:${server.port}${path}`,
    counts: (infohash) => {
      const swarm = tracker.torrents[infohash];
      return { seeders: swarm?.complete ?? 0, leechers: swarm?.incomplete ?? 0 };
    },
    [Symbol.asyncDispose]: () => {
      closing ??= new Promise((done) => {
        tracker.close();
        server.close(() => done());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

/** The address a peer wants to be reached at. */
function announced(request: IncomingMessage): string | undefined {
  const address = new URLSearchParams(request.url?.split("?")[1] ?? "").get("ip");
  return address !== null && isIP(address) !== 0 ? plainAddress(address) : undefined;
}
