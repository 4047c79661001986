// A payload that comes down the peer's own stdin, with no swarm: the same folder, the same checks, the same progress.

import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { OpsError } from "../errors.ts";
import { parseTorrent } from "../torrent/metainfo.ts";
import type { Torrent } from "../torrent/types.ts";
import { openBuffers } from "./buffers.ts";
import { checkPieces, hasHash } from "./check.ts";
import { wrongPiece } from "./fed.ts";
import type { Overlay } from "./overlay.ts";
import { openPieceStore } from "./pieces.ts";
import type { EngineProgress, Params, Result } from "./protocol.ts";
import { runsOf } from "./runs.ts";
import { openStorage } from "./storage.ts";

export interface Receiving extends AsyncDisposable {
  /** Pieces that are not right on disk yet: what is to be sent, one after the other. */
  readonly missing: Result<"receive">["missing"];
  /** The next bytes of those pieces; settles when there is room for more. */
  take(bytes: Uint8Array): Promise<void>;
  /** Resolves when every piece was hashed again from disk. */
  readonly complete: Promise<Result<"complete">>;
}

const REPORT_MS = 500;
const SPARE_BUFFERS = 4;
/** Bytes that may wait for the disk, as in a swarm. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Opens the torrent in `folder`, keeping the pieces that are right there. What was received goes when this is disposed. */
export async function startReceiving(
  { torrent: metainfo, folder }: Params<"receive">,
  {
    signal,
    overlayOf,
    report,
  }: {
    readonly signal: AbortSignal;
    /** What of it is here already. */
    readonly overlayOf?: ((torrent: Torrent) => Overlay) | undefined;
    readonly report: (progress: EngineProgress) => void;
  },
): Promise<Receiving> {
  const torrent = parseTorrent(Buffer.from(metainfo, "base64"));
  await using stack = new AsyncDisposableStack();
  // Only this folder is ours alone: those above it are the operator's, and others are to read in them.
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const overlay = overlayOf?.(torrent);
  const storage = stack.use(await openStorage(torrent, { folder, writable: true, overlay }));
  const verified = await checkPieces(torrent, storage, { only: (index) => storage.mayHold(index), signal });
  const completion = Promise.withResolvers<Result<"complete">>();
  // Asked for by the `complete` request; until then a failure must not end the whole peer.
  completion.promise.catch(() => undefined);
  const wanted = [...verified.keys()].filter((index) => verified[index] === 0);
  let place = 0;
  let piece: Buffer = Buffer.alloc(0);
  let filled = 0;
  let downloadedBytes = 0;
  let failed = false;
  const fail = (error: unknown) => {
    failed = true;
    completion.reject(error);
  };
  const buffers = openBuffers(torrent.pieceLength, SPARE_BUFFERS);
  const store = openPieceStore(torrent, storage, {
    buffers,
    verified,
    onFlushed: () => void finish(),
    onFault: fail,
    onUnreadable: fail,
  });
  stack.defer(() => store.settled());

  async function finish(): Promise<void> {
    if (failed || store.flushed < verified.length) return;
    try {
      await storage.sync();
      tick();
      completion.resolve({ downloadedBytes, sources: [] });
    } catch (error) {
      fail(error);
    }
  }

  let last = "";
  function tick(): void {
    const note = store.pendingBytes > MAX_PENDING_BYTES / 2 ? "disk" : undefined;
    const arrived = verified.length - wanted.length + place;
    const progress = { verified: arrived, downloadedBytes, uploadedBytes: 0, peers: 1, note };
    const text = JSON.stringify(progress);
    if (text !== last) report(progress);
    last = text;
  }
  const timer = setInterval(tick, REPORT_MS);
  stack.defer(() => clearInterval(timer));
  void finish();
  const kept = stack.move();

  return {
    missing: runsOf(wanted),
    complete: completion.promise,
    take: async (bytes) => {
      downloadedBytes += bytes.length;
      for (let rest = bytes; rest.length > 0 && !failed; ) {
        const index = wanted[place];
        if (index === undefined) return fail(new Error("more bytes came than pieces were missing"));
        if (filled === 0) piece = buffers.take(storage.pieceBytes(index));
        const part = rest.subarray(0, piece.length - filled);
        piece.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
        if (filled < piece.length) return;
        if (!hasHash(torrent, index, piece)) return fail(wrongPiece(index));
        filled = 0;
        place++;
        store.put(index, piece);
      }
      if (store.pendingBytes > MAX_PENDING_BYTES) await store.settled();
    },
    [Symbol.asyncDispose]: async () => {
      fail(new OpsError("interrupted", "stopped receiving before everything was here"));
      tick();
      await kept.disposeAsync();
    },
  };
}
