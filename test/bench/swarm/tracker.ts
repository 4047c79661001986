// Our tracker as a process on the hub: clients that can't be told their peers find them there.
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { startChild } from "./child.ts";
import type { Network } from "./network.ts";
import type { Payload } from "./race.ts";

const SCRIPT = join(import.meta.dir, "../../../scripts/tracker.ts");

export async function startTrackerAt(
  { hub, hosts }: Network,
  { torrentFile }: Payload,
): Promise<AsyncDisposable & { readonly url: string; readonly pid: number }> {
  const heard = Promise.withResolvers<string>();
  const flags = ["--address", hub.address, "--interval", "1", "--peers", String(8 * (hosts.length + 1))];
  const child = startChild(hub, [process.execPath, SCRIPT, torrentFile, ...flags], { onLine: heard.resolve });
  void child.exited.then(() => heard.reject(new OpsError("tool", `the tracker ended: ${child.tail()}`)));
  heard.promise.catch(() => undefined);
  const url = await heard.promise;
  return { url, pid: child.pid, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}
