// A peer started by a person rather than a deploy: whoever knows the torrent may take part, as with any client.
import { lookup } from "node:dns/promises";
import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { OpsError } from "../errors.ts";
import type { Torrent } from "../torrent/types.ts";
import { startEngine } from "./engine.ts";
import type { Engine, Progress } from "./types.ts";

export interface ByHandOptions {
  /** Content is there already. */
  readonly seed?: boolean | undefined;
  /** Announce URL; the torrent's own first one when not given. */
  readonly tracker?: string | undefined;
  /** TCP port to listen on; any free one when not given. */
  readonly port?: number | undefined;
  /** `host:port` of peers to dial, where there is no tracker. */
  readonly peers?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes part with the content in the folder `path`; for a torrent of one file, `path` may be that file.
 * @throws OpsError usage, source (nothing there to seed), and what `startEngine` throws
 */
export async function startPeer(
  torrent: Torrent,
  path: string,
  options: ByHandOptions = {},
): Promise<Engine> {
  const {
    seed = false,
    tracker = torrent.announce.find((url) => /^https?:/.test(url)),
    port,
    peers = [],
    signal,
  } = options;
  const addresses = await Promise.all(peers.map(parsePeer));
  if (tracker !== undefined && !/^https?:\/\//.test(tracker)) {
    throw new OpsError("usage", `not an HTTP announce URL: ${tracker}`, {
      hint: "only HTTP trackers are spoken to",
    });
  }
  if (!seed && tracker === undefined && peers.length === 0) {
    throw new OpsError("usage", `${torrent.name}: no tracker and no peer to fetch it from`, {
      hint: "give --tracker URL or --peer HOST:PORT",
    });
  }
  const place = await placeOf(torrent, path, seed);
  const engine = await startEngine(place.torrent, {
    folder: place.folder,
    seed,
    ports: port === undefined ? undefined : { from: port, to: port },
    allow: () => true,
    tracker: tracker === undefined ? undefined : { url: tracker },
    signal,
  });
  engine.connect(addresses);
  return engine;
}

/** Progress every `everyMs` until everything is here. @throws what `engine.complete` is rejected with */
export async function* followEngine(engine: Engine, { everyMs = 1000 } = {}): AsyncGenerator<Progress> {
  const done = engine.complete.then(() => true);
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), everyMs);
    const complete = await Promise.race([done, promise]).finally(() => clearTimeout(timer));
    yield engine.progress();
    if (complete) return;
  }
}

async function placeOf(
  torrent: Torrent,
  path: string,
  seed: boolean,
): Promise<{ torrent: Torrent; folder: string }> {
  const found = await stat(path).catch((cause) => {
    if (seed)
      throw new OpsError("source", `${path}: ${(cause as Error).message}`, {
        hint: "name the folder or file the torrent was made of",
        cause,
      });
    return undefined; // made when it is fetched
  });
  const [file, ...more] = torrent.files;
  if (found?.isFile() !== true) return { torrent, folder: path };
  if (file === undefined || more.length > 0)
    throw new OpsError("usage", `${path} is a file, and ${torrent.name} is a torrent of several`);
  return {
    torrent: { ...torrent, files: [{ ...file, path: basename(path) }] },
    folder: dirname(resolve(path)),
  };
}

async function parsePeer(text: string): Promise<{ address: string; port: number }> {
  const [, host, digits] =
    /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)?.filter((part) => part !== undefined) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port > 0 && port < 65_536))
    throw new OpsError("usage", `not HOST:PORT: ${text}`);
  try {
    const { address } = await lookup(host);
    return { address, port };
  } catch (cause) {
    throw new OpsError("usage", `${host}: ${(cause as Error).message}`, {
      hint: "give the peer's address",
      cause,
    });
  }
}

/** Resolves when `signal` aborts: how a program that runs until Ctrl+C waits. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
