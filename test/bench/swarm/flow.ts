// One TCP flow over one link of the network: what the best client could do, and whether links are shaped as said.
import { join } from "node:path";
import { startChild } from "./child.ts";
import type { Network } from "./network.ts";

/** How long the flow lasts. */
const SECONDS = 1.5;
const UNLIMITED_BYTES = 1e9;

export interface Flow {
  /** Payload, from the seeder to the first host. */
  readonly bitsPerSecond: number;
  /** There and back, by the time a connection takes. */
  readonly connectMs: number;
}

export async function measureFlow({ seeder, hosts }: Network): Promise<Flow> {
  const [host] = hosts;
  if (host === undefined) throw new RangeError("no hosts");
  const { rate } = host;
  const bytes = rate === undefined ? UNLIMITED_BYTES : Math.round((rate / 8) * SECONDS);
  const measured = Promise.withResolvers<number>();
  const program = [process.execPath, join(import.meta.dir, "flow-peer.ts")];
  const start = (node: typeof host, role: string, onLine: (line: string) => void) => {
    const child = startChild(node, [...program, role, host.address, String(bytes)], { onLine });
    void child.exited.then((code) => {
      // The sender is through before the last bytes have arrived.
      if (code !== 0) measured.reject(new Error(`the trial flow ended early: ${child.tail()}`));
    });
    return child;
  };
  const listening = Promise.withResolvers<string>();
  measured.promise.catch(() => undefined);
  await using stack = new AsyncDisposableStack();
  stack.use(
    start(host, "receive", (line) => {
      if (line === "ready") listening.resolve(line);
      else measured.resolve(Number(line));
    }),
  );
  await Promise.race([listening.promise, measured.promise]);
  let connectMs = Number.NaN;
  stack.use(
    start(seeder, "send", (line) => {
      connectMs = Number(line);
    }),
  );
  // Awaited here, for the processes are ended on the way out.
  return { bitsPerSecond: await measured.promise, connectMs };
}
