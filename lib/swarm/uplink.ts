// How fast this machine can send to its hosts over SSH, from a short burst of bytes that nobody keeps.
import { OpsError } from "../errors.ts";
import type { Connection } from "../ssh/types.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";

export interface Uplink {
  readonly bytesPerSecond: number;
  readonly roundTripMs: number;
  /** This process was busy all the time: the links may well carry more than SSH does. */
  readonly busy: boolean;
}

/** Hosts asked for an answer; the quickest of them gets the bytes. Two at once would only blur the times. */
const HOSTS = 4;
/**
 * Bytes of a try. What is timed is the second part behind the first, so that neither the way there and back nor what
 * a link lets through at once counts; the longer try is for links so fast that the first says little.
 */
const TRIES = [
  { ahead: 64 * 1024, timed: 128 * 1024 },
  { ahead: 256 * 1024, timed: 768 * 1024 },
];
const SOON_MS = 5;
/** A link so slow that this is too short is slow enough to know. */
const DEADLINE_MS = 500;
/** Round trips in which TCP's window grows from the first part to both (it doubles); shorter ones are programs' time. */
const GROWING = Math.log2(3);
const PROGRAMS_MS = 5;
/** What SSH gets through one process at best; more than that is bytes that only came as far as a buffer. */
export const SSH_BYTES_PER_SECOND = 150e6;
/** A share of the time, beyond which it is this process that limits. */
const BUSY = 0.7;

/**
 * Sends up to 1.2 MB to one of `members`, to its peer where that runs; undefined where no host answered. Links are
 * taken to be alike, this machine's and the hosts'. Hosts in trouble say so elsewhere, too.
 */
export async function measureUplink<H extends FleetHost>(
  fleet: Fleet<H>,
  members: readonly Member<H>[],
): Promise<Uplink | undefined> {
  const deadline = Promise.withResolvers<undefined>();
  const timer = setTimeout(deadline.resolve, DEADLINE_MS);
  const inTime = <T>(work: Promise<T>) => Promise.race([deadline.promise, work]);
  const sinks = (await inTime(settled(members.slice(0, HOSTS).map(openSink), fleet))) ?? [];
  try {
    const begin = performance.now();
    const quickest = await inTime(firstOf(sinks, fleet));
    if (quickest === undefined) return undefined;
    const roundTripMs = performance.now() - begin;
    let uplink: Uplink | undefined;
    for (const { ahead, timed } of TRIES) {
      const began = performance.now();
      const cpu = process.cpuUsage();
      const parts = [ahead, timed].map((bytes) => quickest.take(bytes).then(() => performance.now()));
      const times = (await inTime(settled(parts, fleet))) ?? [began, began + DEADLINE_MS];
      const [first, second] = times;
      if (first === undefined || second === undefined) break;
      const { user, system } = process.cpuUsage(cpu);
      const betweenMs = Math.max(0.5, second - first);
      const growingMs = Math.max(0, roundTripMs - PROGRAMS_MS) * GROWING;
      const bytesPerSecond = (timed * 1000) / Math.max(betweenMs / 4, betweenMs - growingMs);
      uplink = {
        bytesPerSecond: Math.min(SSH_BYTES_PER_SECOND, bytesPerSecond),
        roundTripMs,
        busy:
          bytesPerSecond > SSH_BYTES_PER_SECOND ||
          (user + system) / 1000 > BUSY * (performance.now() - began),
      };
      if (betweenMs > SOON_MS) break;
    }
    return uplink;
  } finally {
    clearTimeout(timer);
    for (const { end } of sinks) end();
  }
}

async function firstOf(sinks: readonly Sink[], fleet: Fleet): Promise<Sink | undefined> {
  const first = Promise.withResolvers<Sink | undefined>();
  const answers = sinks.map((sink) => sink.take(0).then(() => first.resolve(sink)));
  void settled(answers, fleet).then(() => first.resolve(undefined));
  return first.promise;
}

interface Sink {
  /** Resolves when the host has all of so many bytes. */
  readonly take: (bytes: number) => Promise<void>;
  readonly end: () => void;
}

/** Takes bursts, each after a line that says how many bytes, and answers each with a line. Leaves nothing anywhere. */
const SINK = 'while read -r n; do head -c "$n" > /dev/null; echo; done';

async function openSink({ name, peer, connection }: Member): Promise<Sink> {
  if (peer !== undefined) {
    const take = async (bytes: number) => {
      if (bytes > 0) void peer.pour(Buffer.alloc(bytes));
      await peer.request("echo", {});
    };
    return { take, end: () => {} };
  }
  if (connection === undefined) throw new Error(`${name} is not connected`);
  return shellSink(connection);
}

async function shellSink(connection: Connection): Promise<Sink> {
  const program = await connection.start(["sh", "-c", SINK]);
  const answers = program.stdout[Symbol.asyncIterator]();
  return {
    // The shell ends by itself then.
    end: () => program.end(),
    take: async (bytes) => {
      await program.write(Buffer.concat([Buffer.from(`${bytes}\n`), Buffer.alloc(bytes)]));
      if ((await answers.next()).done) throw new OpsError("remote", "its shell took no bytes");
    },
  };
}

/** What came of those that went well; of the others -v tells. */
async function settled<T>(work: readonly Promise<T>[], fleet: Fleet): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.flatMap((result) => {
    if (result.status === "fulfilled") return [result.value];
    if (!(result.reason instanceof OpsError)) throw result.reason;
    fleet.note(`the link was not measured: ${result.reason.message}`, { level: "detail" });
    return [];
  });
}
