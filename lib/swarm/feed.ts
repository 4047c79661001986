// Pieces from this machine to peers over their own SSH connections, beside what they get from each other.
import { OpsError } from "../errors.ts";
import type { PeerEvent } from "../peer/client.ts";
import { openStorage } from "../peer/storage.ts";
import { limiter } from "../ssh/pool.ts";
import type { Torrent } from "../torrent/types.ts";
import { peerOf } from "./bootstrap.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { openGate } from "./gate.ts";
import { openPool, type Pool } from "./pool.ts";

export interface Feed<H extends FleetHost> extends AsyncDisposable {
  /** Sends this host pieces that no other host of its zone has or is sent; once more after `pause`, it goes on. */
  share(member: Member<H>): void;
  /** Begins no further piece. */
  pause(member: Member<H>): void;
  /** Sends this host all it lacks, as --via ssh does. */
  fill(member: Member<H>): void;
  /** It is out; what was on its way goes to others. */
  drop(member: Member<H>): void;
  /** To be called now and then: pieces that are long on their way are sent to others. */
  look(): void;
  readonly sentBytes: number;
  onSent(listener: () => void): void;
  /** Rejects when the payload can't be read, or with a bug. */
  readonly fault: Promise<never>;
}

export interface FeedOptions<H extends FleetHost> {
  /** Folder on this machine that holds the torrent's files. */
  readonly seedFrom: string;
  readonly place: (member: Member<H>) => {
    readonly zone: string;
    readonly maxDownload: number | undefined;
  };
}

interface Fed<H extends FleetHost> {
  readonly member: Member<H>;
  readonly pool: Pool<Member<H>>;
  mode: "share" | "pause" | "fill";
  /** It has told what it lacks. */
  entered: boolean;
  over: boolean;
  readonly here: Set<number>;
  /** Sent, and not known to be there: piece → bytes. */
  readonly flight: Map<number, number>;
  wake: () => void;
}

const CHUNK_BYTES = 256 * 1024;
/** Chunks on their way to one host: the next is read while the last is written. */
const CHUNKS_AHEAD = 2;
/** A host may be sent so much before it says that any of it is there; a host that dies takes no more with it. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const NUMBER_BYTES = 4;

export async function openFeed<H extends FleetHost>(
  fleet: Fleet<H>,
  torrent: Torrent,
  { seedFrom, place }: FeedOptions<H>,
): Promise<Feed<H>> {
  const storage = await openStorage(torrent, { folder: seedFrom, writable: false });
  const pieces = torrent.pieceHashes.length / 20;
  const pools = new Map<string, Pool<Member<H>>>();
  const all = new Map<Member<H>, Fed<H>>();
  const slot = limiter(fleet.forks);
  const listeners: (() => void)[] = [];
  const fault = Promise.withResolvers<never>();
  // Whoever waits for it hears of it; nobody has to.
  fault.promise.catch(() => undefined);
  let sentBytes = 0;
  const windowBytes = Math.max(WINDOW_BYTES, 2 * torrent.pieceLength);

  const wakeAll = () => {
    for (const { wake } of all.values()) wake();
  };

  function start(member: Member<H>, mode: Fed<H>["mode"]): void {
    const known = all.get(member);
    if (known !== undefined) {
      if (known.mode === mode || known.mode === "fill") return;
      known.mode = mode;
      if (mode === "fill" && known.entered) known.pool.fill(member);
      wakeAll();
      return;
    }
    const { zone } = place(member);
    const pool = pools.get(zone) ?? openPool<Member<H>>({ pieces });
    pools.set(zone, pool);
    const state = { mode, entered: false, over: false, wake: () => {} };
    const fed: Fed<H> = { ...state, member, pool, here: new Set(), flight: new Map() };
    all.set(member, fed);
    void serve(fed).catch((error: unknown) => {
      // A host that is gone has said so, or will.
      if (!(error instanceof OpsError)) fault.reject(error);
    });
  }

  async function serve(fed: Fed<H>): Promise<void> {
    const { member, pool, here } = fed;
    const peer = peerOf(member);
    const learn = (event: PeerEvent) => {
      if (event.type !== "have") return;
      for (const piece of event.pieces) {
        here.add(piece);
        fed.flight.delete(piece);
        if (fed.entered) pool.has(member, piece);
      }
      if (here.size === pieces) fed.over = true;
      wakeAll();
    };
    peer.onEvent(learn);
    const { missing } = await peer.request("feed", {}, { signal: fleet.signal });
    if (fed.over) return;
    const lacks = new Set(
      missing.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i)),
    );
    pool.enter(member, missing);
    // Told while we learned of the answer.
    for (const piece of here) pool.has(member, piece);
    for (let piece = 0; piece < pieces; piece++) if (!lacks.has(piece)) here.add(piece);
    fed.entered = true;
    if (fed.mode === "fill") {
      pool.fill(member);
      await slot(() => pump(fed));
    } else await pump(fed);
  }

  async function pump(fed: Fed<H>): Promise<void> {
    const { member, pool, here, flight } = fed;
    using gate = openGate(place(member).maxDownload);
    const writing: Promise<void>[] = [];
    while (!fed.over && here.size < pieces) {
      const underWay = flight.values().reduce((sum, bytes) => sum + bytes, 0);
      const ready = fed.mode !== "pause" && underWay < windowBytes;
      const piece = ready ? pool.next(member) : undefined;
      if (piece === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        fed.wake = resolve;
        await promise;
        continue;
      }
      flight.set(piece, storage.pieceBytes(piece));
      await send(fed, piece, { pass: gate.pass, writing });
    }
  }

  async function send(
    fed: Fed<H>,
    piece: number,
    { pass, writing }: { readonly pass: (bytes: number) => Promise<void>; readonly writing: Promise<void>[] },
  ): Promise<void> {
    const peer = peerOf(fed.member);
    const total = storage.pieceBytes(piece);
    for (let offset = 0; offset < total && !fed.over; offset += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, total - offset);
      const head = offset === 0 ? NUMBER_BYTES : 0;
      const bytes = Buffer.allocUnsafe(head + length);
      if (head > 0) bytes.writeUInt32BE(piece);
      await storage.read(piece, bytes.subarray(head), offset);
      await pass(length);
      const written = peer.pour(bytes).then(() => {
        sentBytes += length;
        for (const listener of listeners) listener();
      });
      writing.push(written);
      if (writing.length >= CHUNKS_AHEAD) await writing.shift();
    }
  }

  return {
    share: (member) => start(member, "share"),
    pause: (member) => all.has(member) && start(member, "pause"),
    fill: (member) => start(member, "fill"),
    drop: (member) => {
      const fed = all.get(member);
      if (fed === undefined || fed.over) return;
      fed.over = true;
      fed.pool.leave(member);
      wakeAll();
    },
    look: wakeAll,
    get sentBytes() {
      return sentBytes;
    },
    onSent: (listener) => void listeners.push(listener),
    fault: fault.promise,
    [Symbol.asyncDispose]: async () => {
      for (const fed of all.values()) fed.over = true;
      wakeAll();
      // Those that wait for an answer of a peer are not waited for.
      await storage[Symbol.asyncDispose]();
    },
  };
}
