// A delay between nodes: what comes in from a host's link goes through the relay before the bridge sees it.
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { inside, ip, macOf, type Place, tc } from "./ip.ts";
import { run } from "./run.ts";
import { PYTHON } from "./tools.ts";

/** How many packets may be on their way at once, before some are lost. */
const QUEUE = 20_000;

/** Puts the relay between the ports and the bridge of `hub`. Disposing ends it. */
export async function startDelay(
  hub: Place,
  nodes: readonly { readonly index: number }[],
  delayMs: number,
): Promise<Child> {
  await using stack = new AsyncDisposableStack();
  const ready = Promise.withResolvers<void>();
  const program = join(import.meta.dir, "delay-relay.py");
  const relay = stack.use(
    startChild(hub, [PYTHON, program, String(delayMs)], { onLine: () => ready.resolve() }),
  );
  void relay.exited.then(() => ready.reject(new Error(`the delay relay ended: ${relay.tail()}`)));
  await ready.promise;
  await ip(hub.namespace, [`link set late0 txqueuelen ${QUEUE} up`, `link set late1 master br0 up`]);
  // All comes in by late1, so the bridge can't learn who is where.
  const table = nodes.map(({ index }) => `fdb replace ${macOf(index)} dev port${index} master static`);
  await run(inside(hub, ["bridge", "-batch", "-"]), {
    stdin: ["link set dev late1 learning off", ...table, ""].join("\n"),
  });
  await tc(
    hub.namespace,
    nodes.flatMap(({ index }) => [
      `qdisc add dev port${index} ingress`,
      `filter add dev port${index} parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev late0`,
    ]),
  );
  const kept = stack.move();
  return { ...relay, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
