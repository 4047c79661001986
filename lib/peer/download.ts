// One swarm as a peer takes part in it: the engine, its progress told twice a second and when the first piece is here,
// and a limit to standing still.
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { OpsError } from "../errors.ts";
import { parseTorrent } from "../torrent/metainfo.ts";
import type { Torrent } from "../torrent/types.ts";
import { plainAddress } from "./address.ts";
import { startEngine } from "./engine.ts";
import type { Overlay } from "./overlay.ts";
import type { EngineProgress, Params, PeerAddress, PortRange, Result, Upward } from "./protocol.ts";
import type { Engine, Progress } from "./types.ts";

export interface Download extends AsyncDisposable {
  readonly port: number;
  /** 40 hex digits. */
  readonly peerId: string;
  readonly fed: Engine["fed"];
  connect(peers: readonly PeerAddress[]): void;
  readonly complete: Promise<Result<"complete">>;
}

const REPORT_MS = 500;
/** A leecher that gets nothing for this long gives up: whoever had the rest is gone or can't be reached. */
const STALL_MS = 60_000;

export async function startDownload(
  { torrent: metainfo, folder, seed, ports, maxUpload, maxDownload, allow, tracker }: Params<"join">,
  {
    signal,
    overlayOf,
    report,
    tell,
    stallMs = STALL_MS,
  }: {
    readonly signal: AbortSignal;
    /** What of it is here already. */
    readonly overlayOf?: ((torrent: Torrent) => Overlay) | undefined;
    readonly report: (progress: EngineProgress) => void;
    /** Who is connected with a seeder, and who can't be reached. */
    readonly tell?: (event: Extract<Upward, { type: "link" | "unreached" }>) => void;
    readonly stallMs?: number;
  },
): Promise<Download> {
  const torrent = parseTorrent(Buffer.from(metainfo, "base64"));
  const allowed = new Set(allow.map(plainAddress));
  if (!seed) {
    // Only this folder is ours alone: those above it are the operator's, and others are to read in them.
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  // What was fetched is of use only to a release being made from it; a cut-off deploy leaves its hosts as they were.
  const removeFetched = async () => {
    if (!seed) await rm(folder, { recursive: true, force: true });
  };
  const sources = new Map<string, number>();
  const engine = await startEngine(torrent, {
    folder,
    seed,
    trustContent: seed,
    overlay: overlayOf?.(torrent),
    ports,
    allow: (address) => allowed.has(address),
    guided: true,
    maxUpload,
    maxDownload,
    ...(tracker === undefined ? {} : { tracker }),
    signal,
    onBlock: (peerId, bytes) => void sources.set(peerId, (sources.get(peerId) ?? 0) + bytes),
    onLink: seed ? (peerId, open) => tell?.({ type: "link", peerId, open }) : undefined,
    onUnreached: ({ address, port }) => tell?.({ type: "unreached", address, port }),
  }).catch(async (error: unknown) => {
    await removeFetched();
    throw error;
  });
  const stalled = Promise.withResolvers<never>();
  let last = "";
  let movedAtMs = Date.now();
  let verified = 0;
  const tick = () => {
    const progress = engine.progress();
    const { downloadedBytes, uploadedBytes, peers, note } = progress;
    const text = JSON.stringify(progress);
    if (text !== last) report({ verified: progress.verified, downloadedBytes, uploadedBytes, peers, note });
    last = text;
    if (progress.verified !== verified || progress.verified === progress.pieces) movedAtMs = Date.now();
    verified = progress.verified;
    // Whoever feeds it knows when to give up.
    if (Date.now() - movedAtMs > stallMs && !engine.fed.begun)
      stalled.reject(stall(progress, { ports, stallMs }));
  };
  const timer = setInterval(tick, REPORT_MS);
  void engine.begun.then(tick);
  const complete = Promise.race([engine.complete, stalled.promise]).then(() => {
    tick();
    return { downloadedBytes: engine.progress().downloadedBytes, sources: [...sources] };
  });
  // Asked for by the `complete` request; until then a failure must not end the whole peer.
  complete.catch(() => undefined);
  return {
    port: engine.port,
    peerId: engine.peerId,
    fed: engine.fed,
    connect: (peers) => engine.connect(peers),
    complete,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      tick();
      await engine[Symbol.asyncDispose]();
      stalled.reject(new OpsError("interrupted", "left the swarm"));
      await removeFetched();
    },
  };
}

function stall(
  { verified, pieces, peers, note }: Progress,
  { ports, stallMs }: { readonly ports: PortRange | undefined; readonly stallMs: number },
): OpsError {
  const range = ports === undefined ? "the swarm's TCP ports" : `TCP ports ${ports.from}-${ports.to}`;
  const who = peers === 0 ? "no peer" : peers === 1 ? "1 peer" : `${peers} peers`;
  // Wrong bytes from everybody, a tracker that answers nothing: what the engine knows is half of the answer.
  const why = note === undefined || note === "no peers" ? "" : ` (${note})`;
  // Peers that never had anything to give are on the wrong side of the same wall.
  const walled = peers === 0 || verified === 0;
  return new OpsError(
    "timeout",
    `no data for ${stallMs / 1000} s, with ${verified} of ${pieces} pieces and ${who} connected${why}`,
    {
      hint: walled
        ? `open ${range} (rookery_ports) between the hosts and the control host, one way is enough; \`bun scripts/doctor.ts\` says which are closed`
        : "see whether the hosts it was fetching from are still up",
    },
  );
}
