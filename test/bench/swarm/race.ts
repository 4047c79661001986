// One contender's run over the network: processes started, marks taken as they tell, everything ended.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Torrent } from "../../../lib/torrent/types.ts";
import { type Child, type ChildOptions, startChild } from "./child.ts";
import type { Contender } from "./contenders/contender.ts";
import { type Network, type Node, payloadBytes } from "./network.ts";
import type { Twist } from "./scenarios.ts";
import { machineSeconds, usageOfChildren } from "./usage.ts";
import { isRight } from "./verify.ts";

export interface Payload {
  readonly torrent: Torrent;
  readonly torrentFile: string;
  /** The folder that holds the payload's one file, and that file. */
  readonly folder: string;
  readonly file: string;
  readonly sha256: string;
}

/** What contenders are given. */
export interface Race {
  readonly network: Network;
  readonly payload: Payload;
  readonly trackerUrl: string;
  /** Aborted when the last host has it, or the time is over. */
  readonly over: AbortSignal;
  /** A folder of this node's own, for settings and what it fetches; removed after. */
  folder(node: Node): string;
  /** Starts a program in the node's namespace; ended by its pid when the race is over. */
  start(node: Node, argv: readonly string[], options?: ChildOptions): Child;
  /** A process of this node that was started by other means. */
  adopt(node: Node, pid: number): void;
  /** Called by contenders when they hear of it. */
  firstPiece(node: Node): void;
  /** The whole file is there, by the contender's own word. */
  done(node: Node): void;
}

/** All times in ms from the start of the first process. */
export interface Outcome {
  readonly contender: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly firstPieceMs: number | undefined;
    /** undefined: not within the time there was. */
    readonly doneMs: number | undefined;
    /** Its file was read again and had the right SHA-256. */
    readonly right: boolean;
    /** Slow, late or killed: left out of the others' times. */
    readonly apart: boolean;
  }[];
  readonly seederCopies: number;
  readonly crossedCopies: number | undefined;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** 0 to 1, of all cores. */
  readonly machineBusy: number;
  readonly trouble: string | undefined;
}

export interface RaceOptions {
  readonly network: Network;
  readonly payload: Payload;
  readonly tracker: { readonly url: string; readonly pid: number };
  readonly twist: Twist;
  readonly root: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export async function runRace(contender: Contender, options: RaceOptions): Promise<Outcome> {
  const { network, payload, tracker, twist, root, timeoutMs, signal } = options;
  await using stack = new AsyncDisposableStack();
  const everybody = [network.seeder, ...network.hosts];
  const late = twist.late(network);
  const apart = twist.apart(network);
  const waiting = new Set(network.hosts);
  const finished = Promise.withResolvers<void>();
  const firstMs = new Map<Node, number>();
  const doneMs = new Map<Node, number>();
  const pids = new Map<Node, number[]>(everybody.map((node) => [node, []]));
  const gone = new Set<Node>();
  const troubles: string[] = [];
  const ending = new AbortController();
  stack.defer(() => ending.abort());
  let begunMs = 0;
  const settle = (node: Node) => {
    waiting.delete(node);
    if (waiting.size === 0) finished.resolve();
  };
  const folderOf = (node: Node) => join(root, node.name);
  stack.defer(() => rm(root, { recursive: true, force: true }));
  for (const node of everybody) await mkdir(folderOf(node), { recursive: true });
  const race: Race = {
    network,
    payload,
    trackerUrl: tracker.url,
    over: ending.signal,
    folder: folderOf,
    start: (node, argv, childOptions) => {
      const child = startChild(node, argv, childOptions);
      stack.use(child);
      pids.get(node)?.push(child.pid);
      void child.exited.then((code) => {
        if (code !== 0 && !ending.signal.aborted && !gone.has(node))
          troubles.push(`${argv[0]} of ${node.name} ended with ${code}: ${child.tail()}`);
      });
      return child;
    },
    adopt: (node, pid) => void pids.get(node)?.push(pid),
    firstPiece: (node) => void (firstMs.has(node) || firstMs.set(node, performance.now() - begunMs)),
    done: (node) => {
      if (!doneMs.has(node)) doneMs.set(node, performance.now() - begunMs);
      settle(node);
    },
  };
  await contender.prepare?.(race);
  const before = await network.sent(network.seeder);
  const crossedBefore = twist.crosses ? await network.crossed() : undefined;
  const usageBefore = usageOfChildren({ except: [tracker.pid] });
  const machineBefore = machineSeconds();

  begunMs = performance.now();
  const deadline = setTimeout(finished.resolve, timeoutMs);
  const run = stack.use(
    await contender.start(
      race,
      network.hosts.filter((node) => !late.includes(node)),
    ),
  );
  const kill = (node: Node) => {
    gone.add(node);
    settle(node);
    for (const pid of pids.get(node) ?? []) killProcess(pid);
  };
  const twisted = twist
    .play({
      network,
      payload,
      pidOf: (node) => pids.get(node)?.[0],
      join: run.join,
      kill,
      signal: AbortSignal.any([signal, ending.signal]),
    })
    .catch((error: unknown) => troubles.push(String(error)));
  signal.addEventListener("abort", () => finished.resolve(), { once: true });
  await finished.promise;
  clearTimeout(deadline);
  const machineAfter = machineSeconds();
  const usage = usageOfChildren({ except: [tracker.pid] });
  ending.abort();
  await twisted;
  signal.throwIfAborted();
  const after = await network.sent(network.seeder);
  const crossedAfter = crossedBefore === undefined ? undefined : await network.crossed();
  const copies = (now: typeof after, then: typeof after) =>
    (payloadBytes(now) - payloadBytes(then)) / payload.torrent.totalBytes;
  const hosts = [];
  for (const node of network.hosts) {
    const doneAt = doneMs.get(node);
    const file = join(contender.place(race, node), payload.torrent.files[0]?.path ?? "");
    hosts.push({
      name: node.name,
      firstPieceMs: firstMs.get(node),
      doneMs: doneAt,
      right: doneAt !== undefined && !gone.has(node) && (await isRight(file, payload.sha256)),
      apart: apart.includes(node),
    });
  }
  return {
    contender: contender.name,
    hosts,
    seederCopies: copies(after, before),
    crossedCopies: crossedBefore && crossedAfter && copies(crossedAfter, crossedBefore),
    cpuSeconds: usage.cpuSeconds - usageBefore.cpuSeconds,
    peakBytes: usage.peakBytes,
    machineBusy: (machineAfter.busy - machineBefore.busy) / (machineAfter.total - machineBefore.total),
    trouble: troubles[0],
  };
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
