// Content, torrents and engines for the engine's tests: everything in one temporary folder, everything closed after.
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, type EngineOptions, startEngine } from "../../lib/peer/engine.ts";
import { createTorrent } from "../../lib/torrent/create.ts";
import type { Torrent } from "../../lib/torrent/types.ts";

export const MiB = 1024 * 1024;
export const LOOPBACK = "127.0.0.1";

export interface Room extends AsyncDisposable {
  readonly folder: string;
  /** A fresh torrent of two files in `folder/NAME`, one ending inside a piece. */
  content(options: {
    readonly bytes: number;
    readonly pieceLength?: number;
    readonly name?: string;
  }): Promise<{ torrent: Torrent; path: string }>;
  /** An engine in `folder/NAME` that talks to 127.0.0.1 only. */
  engine(torrent: Torrent, name: string, options?: Partial<EngineOptions>): Promise<Engine>;
}

export async function openRoom(): Promise<Room> {
  const folder = await mkdtemp(join(tmpdir(), "rookery-engine-"));
  const engines: Engine[] = [];
  return {
    folder,
    content: async ({ bytes, pieceLength = 256 * 1024, name = "source" }) => {
      const path = join(folder, name);
      await mkdir(join(path, "deep"), { recursive: true });
      await Bun.write(join(path, "deep", "small.bin"), randomBytes(100_001));
      await Bun.write(join(path, "large.bin"), randomBytes(bytes - 100_001));
      return { torrent: await createTorrent(path, { pieceLength }), path };
    },
    engine: async (torrent, name, options = {}) => {
      const allow = (address: string) => address === LOOPBACK;
      const engine = await startEngine(torrent, {
        folder: join(folder, name),
        bind: LOOPBACK,
        allow,
        ...options,
      });
      engines.push(engine);
      return engine;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Addresses of engines on 127.0.0.1, as `connect` wants them. */
export function addresses(engines: readonly Engine[]): { address: string; port: number }[] {
  return engines.map(({ port }) => ({ address: LOOPBACK, port }));
}

/** Waits until `condition` holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { withinMs = 10_000 } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not after ${withinMs} ms: ${what}`);
    await Bun.sleep(10);
  }
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const nothing = Symbol();
  const error = await promise.then(
    () => nothing,
    (reason) => reason,
  );
  if (error === nothing) throw new Error("it was not rejected");
  return error;
}
