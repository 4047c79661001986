// A tracker for one race, so that none is told of peers of the race before.
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { startChild } from "./child.ts";
import type { Network } from "./network.ts";
import type { Payload } from "./race.ts";

export interface RaceTracker extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Settles when a seeder has announced itself. */
  readonly seeded: Promise<void>;
}

export async function startTrackerAt({ hub }: Network, { torrentFile }: Payload): Promise<RaceTracker> {
  const url = Promise.withResolvers<string>();
  const seeded = Promise.withResolvers<void>();
  const program = join(import.meta.dir, "tracker-process.ts");
  const child = startChild(hub, [process.execPath, program, torrentFile, hub.address], {
    onLine: (line) => (line.startsWith("seeders ") ? seeded.resolve() : url.resolve(line)),
  });
  void child.exited.then(() => {
    const error = new OpsError("tool", `the tracker ended: ${child.tail()}`);
    url.reject(error);
    seeded.reject(error);
  });
  for (const { promise } of [url, seeded]) promise.catch(() => undefined);
  return {
    url: await url.promise,
    pid: child.pid,
    seeded: seeded.promise,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
