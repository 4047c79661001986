// Clients in scripts of our own: they say "ready PORT", are told whom to dial, and say "piece" and "done".
import type { Child } from "../child.ts";
import type { Node } from "../network.ts";
import type { Race } from "../race.ts";
import type { Running } from "./contender.ts";

/** Starts all, waits until they listen, then pushes peer lists: of each pair, the later one dials. */
export async function startTold(
  race: Race,
  hosts: readonly Node[],
  command: (node: Node) => readonly string[],
): Promise<Running> {
  const ready: string[] = [];
  const start = async (node: Node): Promise<{ child: Child; address: string }> => {
    const listening = Promise.withResolvers<string>();
    const child = race.start(node, command(node), {
      onLine: (line) => {
        const [word, port] = line.split(" ");
        if (word === "ready") listening.resolve(`${node.address}:${port}`);
        else if (word === "piece") race.firstPiece(node);
        else if (word === "done" && node.index > 0) race.done(node);
      },
    });
    void child.exited.then(() => listening.reject(new Error(`${node.name} ended: ${child.tail()}`)));
    listening.promise.catch(() => undefined);
    return { child, address: await listening.promise };
  };
  const started = await Promise.all([race.network.seeder, ...hosts].map(start));
  for (const { child, address } of started) {
    child.say(`peers ${ready.join(" ")}`);
    ready.push(address);
  }
  return {
    join: async (node) => {
      const { child } = await start(node);
      child.say(`peers ${ready.join(" ")}`);
    },
    // The race ends them.
    [Symbol.asyncDispose]: async () => {},
  };
}
