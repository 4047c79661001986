// A torrent's peer: torrent-stream for requests, blocks and hashes; everything around them is put together here.
import { randomBytes } from "node:crypto";
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";
import { startAnnouncing } from "./announce.ts";
import { checkPieces } from "./check.ts";
import { watchHashes } from "./hashes.ts";
import { type Lane, openLane } from "./lane.ts";
import { closeServer, openLinks } from "./links.ts";
import { listenInRange } from "./listen.ts";
import { openPieceStore } from "./pieces.ts";
import { startSteering } from "./steering.ts";
import { openStorage } from "./storage.ts";
import { openTorrentStream } from "./stream.ts";
import type { Engine, EngineOptions } from "./types.ts";

export type { Engine, EngineOptions, Progress } from "./types.ts";

/** Writes under way beyond which no new piece is begun: memory must not be the disk's queue. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** Pieces a peer may spoil all by itself before it is shut out. */
const MAX_SPOILED = 2;
/** Requests a peer may have waiting: libtorrent's own limit is 500, times two. */
const MAX_REQUESTS = 1000;

/**
 * Takes part in the torrent's swarm until disposed (or `signal` aborts, which rejects `complete`).
 * Pieces that are right on disk are kept.
 * @throws OpsError disk-full, port, torrent; hash when a seed's content is not the torrent's
 */
export async function startEngine(torrent: Torrent, options: EngineOptions): Promise<Engine> {
  const { folder, seed = false, trustContent = false, ports, bind, allow, tracker, stripe, signal } = options;
  signal?.throwIfAborted();
  await using starting = new AsyncDisposableStack();
  const storage = starting.use(await openStorage(torrent, { folder, writable: !seed }));
  const pieces = torrent.pieceHashes.length / 20;
  const verified =
    seed && trustContent
      ? new Uint8Array(pieces).fill(1)
      : await checkPieces(torrent, storage, { only: (index) => storage.mayHold(index), signal });
  const wrong = pieces - verified.reduce((sum, flag) => sum + flag, 0);
  if (seed && wrong > 0) {
    throw new OpsError("hash", `${folder}: ${wrong} of ${pieces} pieces are not what the torrent says`, {
      hint: "make the torrent again, or give the folder it was made of",
    });
  }

  const completion = Promise.withResolvers<void>();
  // Whoever waits for it hears of it; nobody has to.
  completion.promise.catch(() => undefined);
  const peerId = Buffer.from(`-RK0100-${randomBytes(6).toString("hex")}`);
  const infohash = Buffer.from(torrent.infohash, "hex");
  let hashFailures = 0;
  let announceFault: string | undefined;
  let diskFault: string | undefined;
  let rechecking = false;
  let closing: Promise<void> | undefined;
  const stopped = new AbortController();

  const store = openPieceStore(torrent, storage, {
    verified,
    onFlushed: () => steering.plan(),
    onFault: (error) => fail(error),
    onUnreadable: (error) => {
      diskFault = error instanceof Error ? error.message : String(error);
    },
  });
  const engine = starting.adopt(
    await openTorrentStream(torrent, { peerId: peerId.toString(), verified, chunkStore: store.chunkStore }),
    (it) => new Promise<void>((resolve) => it.destroy(resolve)),
  );
  store.begin();

  const steering = starting.adopt(
    startSteering({
      pieces,
      pieceLength: torrent.pieceLength,
      totalBytes: torrent.totalBytes,
      verified,
      stripe,
      select: (piece) => engine.select(piece, piece, false),
      refresh: () => engine.deselect(-1, -1, false),
      paused: () => store.pendingBytes > MAX_PENDING_BYTES,
      // Two that hold everything have nothing to say to each other, and others wait for the place.
      onSeeder: ({ wire }) => steering.left === 0 && links.drop(wire),
      onViolation: ({ wire }) => links.drop(wire),
    }),
    (it) => it.close(),
  );
  const links = starting.adopt(
    openLinks({
      infohash,
      peerId,
      allow,
      adopt: ({ socket, wire }) => {
        engine.swarm._onconnection(socket);
        engine.swarm._onwire(
          socket,
          openLane(wire, { onAsked: steering.taken, onReturned: steering.returned }),
        );
      },
    }),
    (it) => it.close(),
  );

  // Before torrent-stream's own listeners: it must see the wire as steering shows it.
  engine.swarm.prependListener("wire", (lane: Lane) => {
    const { wire } = lane;
    steering.add(lane);
    wire.setKeepAlive(true);
    wire.on("request", () => wire.peerRequests.length > MAX_REQUESTS && links.drop(wire));
  });
  // After them: BEP 3 wants the bitfield first. Nobody here has to earn blocks, so nobody waits ten seconds for them.
  engine.swarm.on("wire", (lane: Lane) => lane.unchoke());
  engine.on("download", (piece: number) => {
    steering.done(piece);
    if (steering.left === 0) void finish();
  });
  watchHashes(engine, {
    onFailure: (piece) => {
      hashFailures++;
      // At once: torrent-stream is about to ask for it again.
      steering.spoiled(piece);
    },
    onSenders: (piece, senders) => {
      const [lane] = senders;
      // One sender alone is the culprit; of several, it may be any.
      if (lane !== undefined && senders.length === 1 && steering.accuse(lane, piece) >= MAX_SPOILED)
        links.drop(lane.wire);
      steering.plan();
    },
  });

  async function finish(): Promise<void> {
    try {
      rechecking = true;
      await store.settled();
      await storage.sync();
      const right = await checkPieces(torrent, storage, { signal: stopped.signal });
      const bad = right.reduce((sum, flag) => sum + 1 - flag, 0);
      if (bad > 0)
        throw new OpsError("hash", `${folder}: ${bad} of ${pieces} pieces came back from the disk changed`, {
          hint: "check that disk",
        });
      completion.resolve();
    } catch (error) {
      fail(error);
    } finally {
      rechecking = false;
    }
  }

  const server = await listenInRange((socket) => links.accept(socket), { ports, bind });
  starting.defer(() => closeServer(server));
  server.on("error", fail);
  if (tracker !== undefined) {
    starting.use(
      startAnnouncing({
        ...tracker,
        infohash,
        peerId,
        port: server.port,
        status: () => ({
          uploadedBytes: engine.swarm.uploaded,
          downloadedBytes: engine.swarm.downloaded,
          leftBytes: Math.min(torrent.totalBytes, steering.left * torrent.pieceLength),
        }),
        onPeers: (peers) => links.connect(peers),
        onFault: (fault) => {
          announceFault = fault;
        },
      }),
    );
  }
  if (steering.left === 0) completion.resolve();
  const stack = starting.move();

  function fail(error: unknown): void {
    completion.reject(error);
    void close();
  }
  function close(): Promise<void> {
    closing ??= (async () => {
      completion.reject(new OpsError("interrupted", "left the swarm before everything was here"));
      stopped.abort();
      signal?.removeEventListener("abort", abort);
      // Sockets first, so that nothing arrives while the rest goes; the server's end waits for them.
      links.close();
      await store.settled();
      await stack.disposeAsync();
    })();
    return closing;
  }
  const abort = () => fail(signal?.reason);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });

  function note(): string | undefined {
    if (rechecking) return "checking";
    if (diskFault !== undefined) return `disk: ${diskFault}`;
    if (store.pendingBytes > MAX_PENDING_BYTES) return "disk";
    if (hashFailures > 0 && steering.left > 0) return `${hashFailures} pieces failed their hash`;
    if (links.size === 0 && steering.left > 0) return announceFault ?? "no peers";
    return undefined;
  }

  return {
    port: server.port,
    complete: completion.promise,
    connect: (peers) => links.connect(peers),
    progress: () => ({
      verified: pieces - steering.left,
      pieces,
      flushed: store.flushed,
      downloadedBytes: engine.swarm.downloaded,
      uploadedBytes: engine.swarm.uploaded,
      peers: engine.swarm.wires.length,
      note: note(),
      availability: steering.availability(),
    }),
    [Symbol.asyncDispose]: close,
  };
}
