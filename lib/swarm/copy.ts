// One torrent to all hosts of a fleet without a swarm: each gets its bytes down the connection there is anyway.
import type { Peer, PeerEvent } from "../peer/client.ts";
import { openStorage, type Storage } from "../peer/storage.ts";
import type { Torrent } from "../torrent/types.ts";
import { peerOf } from "./bootstrap.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { openGate } from "./gate.ts";
import { watchProgress } from "./progress.ts";
import type { Swarm, SwarmOptions } from "./start.ts";

/** Read and sent at a time. */
const CHUNK_BYTES = 256 * 1024;
/** Chunks on their way to one host: the next is read while the last is written. */
const CHUNKS_AHEAD = 2;

/**
 * Gets ready to send the payload to these hosts, whose peers run: no tracker, no seeder, no port. `completed` does it,
 * `fleet.forks` hosts at a time. A host sends for the pieces it lacks, and hashes all of them as in a swarm.
 */
export async function startCopy<H extends FleetHost>(
  fleet: Fleet<H>,
  torrent: Torrent,
  { seedFrom, members, place }: Omit<SwarmOptions<H>, "ports">,
): Promise<Swarm> {
  await using stack = new AsyncDisposableStack();
  const storage = stack.use(await openStorage(torrent, { folder: seedFrom, writable: false }));
  const metainfo = Buffer.from(torrent.metainfo).toString("base64");
  const sender = sentBytes();
  const reports = stack.use(watchProgress(fleet, sender, { pieces: torrent.pieceHashes.length / 20 }));
  const { signal } = fleet;
  const copy = async (member: Member<H>) => {
    const peer = peerOf(member);
    const { folder, maxDownload } = place(member);
    reports.watch(member);
    const { missing } = await peer.request("receive", { torrent: metainfo, folder }, { signal });
    fleet.emit({ type: "status", host: member.name, status: "fetching" });
    const complete = peer.request("complete", {}, { signal });
    let over = false;
    const end = () => {
      over = true;
    };
    // It fails while bytes are still on their way: a wrong piece, a full disk, a host that is gone.
    complete.then(end, end);
    using rate = openGate(maxDownload);
    for await (const sent of pour(peer, storage, { runs: missing, pass: rate.pass })) {
      sender.add(sent);
      if (over) break;
    }
    const { downloadedBytes: bytes } = await complete;
    reports.flush();
    fleet.emit({ type: "sources", host: member.name, gifts: [{ from: undefined, bytes }] });
    fleet.emit({ type: "status", host: member.name, status: "complete" });
  };
  const kept = stack.move();
  return {
    completed: async () => {
      await fleet.each(copy, { members });
      reports.flush();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Pieces as [first, how many]. */
type Runs = readonly (readonly [number, number])[];

/** Sends the pieces of `runs`, each chunk once `pass` lets it; yields the size of each chunk as it is written. */
async function* pour(
  peer: Peer,
  storage: Storage,
  { runs, pass }: { readonly runs: Runs; readonly pass: (bytes: number) => Promise<void> },
): AsyncGenerator<number> {
  const writing: Promise<number>[] = [];
  for (const spans of chunksOf(storage, runs)) {
    const bytes = Buffer.allocUnsafe(spans.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const { index, offset, length } of spans) {
      await storage.read(index, bytes.subarray(at, at + length), offset);
      at += length;
    }
    await pass(bytes.length);
    writing.push(peer.pour(bytes).then(() => bytes.length));
    if (writing.length >= CHUNKS_AHEAD) yield (await writing.shift()) ?? 0;
  }
  for (const written of writing) yield await written;
}

interface Span {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

/** What to read for each chunk: a part of a long piece, or several short ones. */
function* chunksOf(storage: Storage, runs: Runs): Generator<readonly Span[]> {
  let chunk: Span[] = [];
  let bytes = 0;
  for (const [first, count] of runs) {
    for (let index = first; index < first + count; index++) {
      const pieceBytes = storage.pieceBytes(index);
      for (let offset = 0; offset < pieceBytes; ) {
        const length = Math.min(CHUNK_BYTES - bytes, pieceBytes - offset);
        chunk.push({ index, offset, length });
        offset += length;
        bytes += length;
        if (bytes < CHUNK_BYTES) continue;
        yield chunk;
        chunk = [];
        bytes = 0;
      }
    }
  }
  if (bytes > 0) yield chunk;
}

/** Tells what this machine sent, as a seeder would. */
function sentBytes(): Pick<Peer, "onEvent"> & { add(bytes: number): void } {
  const listeners: ((event: PeerEvent) => void)[] = [];
  let uploadedBytes = 0;
  return {
    onEvent: (listener) => void listeners.push(listener),
    add: (bytes) => {
      uploadedBytes += bytes;
      const event = { type: "progress", verified: 0, downloadedBytes: 0, uploadedBytes, peers: 0 } as const;
      for (const listener of listeners) listener(event);
    },
  };
}
