// One contender's run over the network: processes started, marks taken as they tell, everything ended.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startChild } from "./child.ts";
import type { Contender, Running } from "./contenders/contender.ts";
import { startMeters } from "./meters.ts";
import type { Network, Node } from "./network.ts";
import type { Outcome, Payload, Race } from "./race.ts";
import { oddHosts, type Scenario } from "./scenarios.ts";
import { startTrackerAt } from "./tracker.ts";
import { isRight } from "./verify.ts";

export interface RaceOptions {
  readonly network: Network;
  readonly payload: Payload;
  readonly scenario: Scenario;
  /** An empty folder, removed after. */
  readonly root: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export async function runRace(contender: Contender, options: RaceOptions): Promise<Outcome> {
  const { network, payload, scenario, root, timeoutMs, signal } = options;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const tracker = stack.use(await startTrackerAt(network, payload));
  const ending = new AbortController();
  stack.defer(() => ending.abort());
  const over = AbortSignal.any([signal, ending.signal]);
  const odd = oddHosts(scenario, network);
  // Nobody waits for a slow or a killed one.
  const waiting = new Set(network.hosts.filter((node) => scenario.odd === "late" || !odd.includes(node)));
  const finished = Promise.withResolvers<undefined>();
  const firstMs = new Map<Node, number>();
  const doneMs = new Map<Node, number>();
  const pids = new Map<Node, number[]>();
  const gone = new Set<Node>();
  const troubles: string[] = [];
  const events: { what: string; ms: number }[] = [];
  let begunMs = 0;
  const adopt = (node: Node, pid: number) => void pids.set(node, [...(pids.get(node) ?? []), pid]);
  const race: Race = {
    network,
    payload,
    tracker,
    over,
    folder: (node) => join(root, node.name),
    start: (node, argv, childOptions) => {
      const child = startChild(node, argv, childOptions);
      stack.use(child);
      adopt(node, child.pid);
      void child.exited.then((code) => {
        if (code !== 0 && !over.aborted && !gone.has(node))
          troubles.push(`${argv[0]} of ${node.name} ended with ${code}: ${child.tail()}`);
      });
      return child;
    },
    adopt,
    firstPiece: (node) => {
      if (!firstMs.has(node)) firstMs.set(node, performance.now() - begunMs);
    },
    done: (node) => {
      if (!doneMs.has(node)) doneMs.set(node, performance.now() - begunMs);
      waiting.delete(node);
      if (waiting.size === 0) finished.resolve(undefined);
    },
  };
  for (const node of [network.seeder, ...network.hosts]) await mkdir(race.folder(node), { recursive: true });
  await contender.prepare?.(race);
  const totalBytes = payload.torrent.totalBytes;
  const readMeters = await startMeters(network, { except: [tracker.pid, ...network.pids], totalBytes });

  begunMs = performance.now();
  const deadline = setTimeout(finished.resolve, timeoutMs, undefined);
  signal.addEventListener("abort", () => finished.resolve(undefined), { once: true });
  const early = network.hosts.filter((node) => scenario.odd !== "late" || !odd.includes(node));
  const failed = (error: unknown) => {
    if (over.aborted) return;
    troubles.push(String(error));
    finished.resolve(undefined);
  };
  const fileOf = (node: Node) => join(contender.place(race, node), payload.torrent.files[0]?.path ?? "");
  const play = async (running: Running) => {
    if (stack.disposed) return running[Symbol.asyncDispose]();
    stack.use(running);
    const kill = (node: Node) => {
      gone.add(node);
      events.push({ what: `${node.name} killed`, ms: performance.now() - begunMs });
      for (const pid of pids.get(node) ?? []) killProcess(pid);
    };
    const pidOf = (node: Node) => pids.get(node)?.[0];
    await scenario.play?.({ network, payload, pidOf, fileOf, join: running.join, kill, signal: over });
  };
  const played = contender.start(race, early).then(play).catch(failed);
  await finished.promise;
  clearTimeout(deadline);
  const readings = await readMeters();
  ending.abort();
  const hosts = [];
  for (const node of network.hosts) {
    hosts.push({
      name: node.name,
      firstPieceMs: firstMs.get(node),
      doneMs: doneMs.get(node),
      right: !signal.aborted && doneMs.has(node) && (await isRight(fileOf(node), payload.sha256)),
      odd: odd.includes(node),
    });
  }
  await stack.disposeAsync();
  await played;
  signal.throwIfAborted();
  return { contender: contender.name, hosts, ...readings, events, trouble: troubles[0] };
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
