// A torrent's peer, put together: links to others, what is fetched from them, what they get, and the disk.
import { randomBytes } from "node:crypto";
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";
import { startAnnouncing } from "./announce.ts";
import { openBuffers } from "./buffers.ts";
import { checkPieces, hasHash } from "./check.ts";
import { openFed } from "./fed.ts";
import { startFetching } from "./fetch.ts";
import { startGiving } from "./give.ts";
import { type Address, openLinks } from "./links.ts";
import { listenInRange } from "./listen.ts";
import { openPieceStore } from "./pieces.ts";
import { openStorage } from "./storage.ts";
import { openThrottle } from "./throttle.ts";
import type { Engine, EngineOptions } from "./types.ts";
import { openUploads } from "./upload.ts";

export type { Engine, EngineOptions, Progress } from "./types.ts";

/** Writes under way beyond which no new piece is begun: memory must not be the disk's queue. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;
/** Memory of pieces kept for the next ones. */
const SPARE_BYTES = 24 * 1024 * 1024;
/** How our peer ids begin (BEP 20). */
const CLIENT = "-RK0100-";
/** Without a block of use for so long, a guided peer looks for others. */
const ALONE_MS = 4000;
/** Requests a peer may have waiting: libtorrent's own limit is 500, times two. */
const MAX_REQUESTS = 1000;

/**
 * Takes part in the torrent's swarm until disposed (or `signal` aborts, which rejects `complete`).
 * Pieces that are right on disk are kept.
 * @throws OpsError disk-full, port, torrent; hash when a seed's content is not the torrent's
 */
export async function startEngine(torrent: Torrent, options: EngineOptions): Promise<Engine> {
  const { folder, seed = false, trustContent = false, overlay, ports, allow, tracker } = options;
  const { guided = false, maxUpload, maxDownload, signal } = options;
  signal?.throwIfAborted();
  await using starting = new AsyncDisposableStack();
  const storage = starting.use(await openStorage(torrent, { folder, writable: !seed, overlay }));
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

  const begun = Promise.withResolvers<void>();
  const completion = Promise.withResolvers<void>();
  // Whoever waits for it hears of it; nobody has to.
  completion.promise.catch(() => undefined);
  const peerId = Buffer.from(`${CLIENT}${randomBytes(6).toString("hex")}`);
  const infohash = Buffer.from(torrent.infohash, "hex");
  let announceFault: string | undefined;
  let diskFault: string | undefined;
  let syncing = false;
  let closing: Promise<void> | undefined;

  const upload = maxUpload === undefined ? undefined : openThrottle(maxUpload);
  const download = maxDownload === undefined ? undefined : openThrottle(maxDownload);
  starting.defer(() => {
    upload?.close();
    download?.close();
  });
  const buffers = openBuffers(torrent.pieceLength, Math.ceil(SPARE_BYTES / torrent.pieceLength));
  const store = openPieceStore(torrent, storage, {
    buffers,
    verified,
    onFlushed: () => fetching.plan(),
    onFault: (error) => fail(error),
    onUnreadable: (error) => {
      diskFault = error instanceof Error ? error.message : String(error);
    },
  });
  const uploads = starting.use(await openUploads(torrent, { peerId: peerId.toString(), read: store.read }));
  const fetching = starting.adopt(
    startFetching({
      pieces,
      verified,
      pieceBytes: storage.pieceBytes,
      buffers,
      isRight: (piece, bytes) => hasHash(torrent, piece, bytes),
      onPiece: (piece, bytes) => {
        store.put(piece, bytes);
        begun.resolve();
        for (const wire of fed.held(piece, fetching.without(piece))) wire.have(piece);
        if (fetching.left === 0) void finish();
      },
      download,
      paused: () => store.pendingBytes > MAX_PENDING_BYTES,
      // Two that hold everything have nothing to say to each other, and others wait for the place.
      onSeeder: (wire) => links.drop(wire),
      onViolation: (wire) => links.drop(wire),
      onSilence: (wire) => wire.destroy(),
    }),
    (it) => it.close(),
  );
  const fed = starting.adopt(
    openFed({
      ...{ pieces, pieceBytes: storage.pieceBytes, holds: store.holds, buffers, accept: fetching.accept },
      without: fetching.without,
      room: async () => void (store.pendingBytes > MAX_PENDING_BYTES && (await store.settled())),
      onFault: (error) => fail(error),
    }),
    (it) => it.close(),
  );
  const giving = seed
    ? starting.adopt(
        startGiving({ pieces, pieceBytes: storage.pieceBytes, zones: () => links.zones }),
        (it) => it.close(),
      )
    : undefined;
  const links = starting.adopt(
    openLinks({
      infohash,
      peerId,
      allow,
      upload,
      onUnreached: options.onUnreached,
      adopt: ({ wire, zone, destroy, peerId: theirs }) => {
        options.onLink?.(theirs, true);
        wire.once("close", () => options.onLink?.(theirs, false));
        wire.on("have", fed.seen);
        wire.on("download", (bytes: number) => options.onBlock?.(theirs, bytes));
        // Other clients have rules of their own for what to do with a seeder that shows a few pieces.
        const guided =
          giving !== undefined && Buffer.from(theirs, "hex").toString("latin1").startsWith(CLIENT);
        uploads.serve(wire, { destroy, held: guided ? undefined : store.bitfield });
        fetching.add(wire);
        if (guided) giving.add(wire, zone);
        wire.setKeepAlive(true);
        wire.on("request", () => wire.peerRequests.length > MAX_REQUESTS && links.drop(wire));
      },
    }),
    (it) => it.close(),
  );

  async function finish(): Promise<void> {
    try {
      syncing = true;
      await store.settled();
      await storage.sync();
      completion.resolve();
    } catch (error) {
      fail(error);
    } finally {
      syncing = false;
    }
  }

  /** Peers the tracker named: dialled when those we were told of leave us alone, or have nothing more for us. */
  let spares: readonly Address[] = [];
  const lookout = setInterval(() => {
    if (fetching.left > 0 && performance.now() - fetching.sums.movedAtMs > ALONE_MS) links.connect(spares);
  }, ALONE_MS / 4);
  starting.defer(() => clearInterval(lookout));
  const { listener, port } = await listenInRange(links.handlers, { ports, bind: options.bind });
  starting.defer(() => void listener.stop(true));
  if (tracker !== undefined) {
    starting.use(
      startAnnouncing({
        ...tracker,
        infohash,
        peerId,
        port,
        status: () => ({
          uploadedBytes: uploads.uploadedBytes,
          downloadedBytes: fetching.sums.receivedBytes,
          leftBytes: Math.min(torrent.totalBytes, fetching.left * torrent.pieceLength),
        }),
        onPeers: (peers) => {
          if (guided) spares = peers;
          else links.connect(peers);
        },
        onFault: (fault) => {
          announceFault = fault;
        },
      }),
    );
  }
  if (fetching.left < pieces) begun.resolve();
  if (fetching.left === 0) completion.resolve();
  const stack = starting.move();

  function fail(error: unknown): void {
    completion.reject(error);
    void close();
  }
  function close(): Promise<void> {
    closing ??= (async () => {
      completion.reject(new OpsError("interrupted", "left the swarm before everything was here"));
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
    if (syncing) return "disk";
    if (diskFault !== undefined) return `disk: ${diskFault}`;
    if (store.pendingBytes > MAX_PENDING_BYTES) return "disk";
    if (fetching.sums.failures > 0 && fetching.left > 0)
      return `${fetching.sums.failures} pieces failed their hash`;
    if (links.size === 0 && fetching.left > 0) return announceFault ?? "no peers";
    return undefined;
  }

  return {
    port,
    peerId: peerId.toString("hex"),
    fed,
    begun: begun.promise,
    complete: completion.promise,
    connect: (peers) => links.connect(peers),
    progress: () => ({
      verified: pieces - fetching.left,
      pieces,
      flushed: store.flushed,
      downloadedBytes: fetching.sums.receivedBytes,
      uploadedBytes: uploads.uploadedBytes,
      peers: links.size,
      note: note(),
    }),
    [Symbol.asyncDispose]: close,
  };
}
