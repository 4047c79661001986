// torrent-stream as the uploader: it answers requests, tells metadata to those who have only a magnet link, and
// unchokes. All it does besides on its own account is switched off: DHT, trackers, listening, dialling, storing,
// checking, and asking for pieces, which is fetch.ts's.
import { createHash } from "node:crypto";
import type { StreamWire, Wire } from "peer-wire-protocol";
import torrentStream, { type ChunkStore } from "torrent-stream";
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";

export interface Uploads extends AsyncDisposable {
  readonly uploadedBytes: number;
  /** Serves the wire's peer from now on, and unchokes it: nobody here has to earn blocks, so nobody waits for them. */
  serve(
    wire: Wire,
    options: { readonly destroy: () => void; readonly held: (() => Buffer) | undefined },
  ): void;
}

/** A block of a piece that is here, as torrent-stream asks for it. */
export type ReadBlock = ChunkStore["get"];

/** What stands for each piece while torrent-stream looks what is there. */
const MARKER = Buffer.from("here");
const MARKER_HASH = createHash("sha1").update(MARKER).digest("hex");
/** No limit of torrent-stream's: links.ts bounds connections, and whoever is connected may download. */
const MANY = 10_000;
/** It asks for the next piece from within the answer for the last one; deeper, the stack ends. */
const MAX_NESTED = 200;

/**
 * Resolves when torrent-stream is ready for wires. It takes this peer for a seeder of everything, so that it fetches
 * nothing: what is not here is refused by `read`, and what is here is told to each wire by `held`.
 */
export async function openUploads(
  torrent: Torrent,
  { peerId, read }: { readonly peerId: string; readonly read: ReadBlock },
): Promise<Uploads> {
  let ready = false;
  const nothing = (callback?: () => void) => callback?.();
  const store: ChunkStore = {
    get: (index, range, callback) => {
      if (ready) return read(index, range, callback);
      const answer = () => callback(null, MARKER);
      if (index % MAX_NESTED === 0) setImmediate(answer);
      else answer();
    },
    put: () => {
      throw new Error("torrent-stream fetched a piece");
    },
    close: nothing,
    destroy: nothing,
  };
  const engine = torrentStream(Buffer.from(torrent.metainfo), {
    id: peerId,
    path: ".",
    connections: MANY,
    uploads: MANY,
    verify: true,
    dht: false,
    tracker: false,
    hotswap: false,
    storage: () => store,
  });
  if (engine.infoHash !== torrent.infohash) {
    engine.destroy();
    const message = `torrent-stream reads another infohash: ${engine.infoHash}, not ${torrent.infohash}`;
    throw new OpsError("torrent", message);
  }
  engine.torrent.pieces.fill(MARKER_HASH);
  // Not `engine.ready()`: that one calls back before anything was looked at.
  await new Promise<void>((resolve) => engine.once("ready", resolve));
  ready = true;
  return {
    get uploadedBytes() {
      return engine.swarm.uploaded;
    },
    serve: (wire, { destroy, held }) => {
      const connection = { on: () => connection, destroy };
      engine.swarm._onwire(connection, lane(wire, held));
      wire.unchoke();
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => engine.destroy(resolve)),
  };
}

/** Events of a wire that concern an uploader. */
const HEARD: ReadonlySet<string> = new Set(["request", "extended", "upload", "close", "end", "finish"]);

/** What torrent-stream sees of a wire: one that never has anything to give. */
function lane(wire: Wire, held: (() => Buffer) | undefined): StreamWire {
  const nothing = () => undefined;
  return {
    peerPieces: [],
    requests: [],
    peerChoking: true,
    amInterested: false,
    downloaded: 0,
    get amChoking() {
      return wire.amChoking;
    },
    get peerInterested() {
      return wire.peerInterested;
    },
    get peerAddress() {
      return wire.peerAddress;
    },
    get peerExtensions() {
      return wire.peerExtensions;
    },
    on: (event, listener) => HEARD.has(event) && wire.on(event, listener as () => void),
    once: (event, listener) => HEARD.has(event) && wire.once(event, listener as () => void),
    downloadSpeed: () => 0,
    uploadSpeed: () => wire.uploadSpeed(),
    choke: () => wire.choke(),
    unchoke: () => wire.unchoke(),
    // BEP 3: left out when there is nothing to tell.
    bitfield: () => {
      const bits = held?.();
      if (bits?.some((byte) => byte !== 0)) wire.bitfield({ buffer: bits });
    },
    extended: (id, message) => wire.extended(id, message),
    destroy: () => wire.destroy(),
    interested: nothing,
    uninterested: nothing,
    have: nothing,
    request: nothing,
    setTimeout: nothing,
  };
}
