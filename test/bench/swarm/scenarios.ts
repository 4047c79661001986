// What may happen during a race, and on which network.
import type { Network, NetworkPlan, Node } from "./network.ts";
import type { Payload } from "./race.ts";
import { interfaceCounters } from "./usage.ts";
import { copyWatch } from "./whole-copy.ts";

/** What a scenario can do while a race is on. */
export interface Stage {
  readonly network: Network;
  readonly payload: Payload;
  /** Any process in the node's namespace. */
  pidOf(node: Node): number | undefined;
  /** Where its file is, or will be. */
  fileOf(node: Node): string;
  join(node: Node): Promise<void>;
  kill(node: Node): void;
  readonly signal: AbortSignal;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  plan(options: { readonly hosts: number; readonly rate: number }): NetworkPlan;
  /** F/u is not what limits here: the time no one can be faster than, in ms. */
  limitMs?(options: { readonly sizeBytes: number; readonly rate: number }): number;
  /** The host that isn't like the others; its own time says nothing about theirs. */
  readonly odd?: "slow" | "late" | "killed";
  play?(stage: Stage): Promise<void>;
}

/** A slow host's link has this share of the others' rate. */
const SLOW = 0.1;
/** When a late host comes, in F/u. */
const LATE = 0.5;
const LOOK_MS = 20;
const CROSS_RATE = 20e6;
/** One way. */
const DELAY_MS = 15;

const even = ({ hosts, rate }: { readonly hosts: number; readonly rate: number }): NetworkPlan => ({
  rates: Array.from({ length: hosts + 1 }, () => rate),
});

export const SCENARIOS: readonly Scenario[] = [
  { name: "clean", about: "every link has the same rate, everybody starts at once", plan: even },
  {
    name: "slow",
    about: "the last host's link has a tenth of the rate; the others' times are shown",
    plan: (options) => ({ rates: [...even(options).rates.slice(1), options.rate * SLOW] }),
    odd: "slow",
  },
  {
    name: "late",
    about: "the last host starts after half of F/u; the others' times are shown",
    plan: even,
    odd: "late",
    play: async ({ network, payload, join, signal }) => {
      const host = oddHost(network);
      await pause(LATE * ((payload.torrent.totalBytes * 8_000) / (host.rate ?? 1e9)), signal);
      if (!signal.aborted) await join(host);
    },
  },
  {
    name: "host-dies",
    about: "the last host is killed when half of the file has come to it; the others' times are shown",
    plan: even,
    odd: "killed",
    play: async ({ network, payload, pidOf, kill, signal }) => {
      const host = oddHost(network);
      await untilCarried(() => pidOf(host), "received", payload.torrent.totalBytes / 2, signal);
      if (!signal.aborted) kill(host);
    },
  },
  {
    name: "seeder-dies",
    about: "the seeder is killed as soon as the hosts together hold every piece",
    plan: even,
    play: async ({ network, payload, pidOf, fileOf, kill, signal }) => {
      const isThere = await copyWatch(payload, network.hosts.map(fileOf));
      await untilCarried(() => pidOf(network.seeder), "sent", payload.torrent.totalBytes, signal);
      while (!signal.aborted && !(await isThere())) await pause(LOOK_MS, signal);
      if (!signal.aborted) kill(network.seeder);
    },
  },
  {
    name: "zones",
    about: `two halves of the hosts, the seeder in the first, joined by one link of ${CROSS_RATE / 1e6} Mbit/s`,
    plan: (options) => ({
      ...even(options),
      zones: Array.from({ length: options.hosts + 1 }, (_, index) => (index > options.hosts / 2 ? 1 : 0)),
      crossRate: CROSS_RATE,
    }),
    limitMs: ({ sizeBytes, rate }) => (sizeBytes * 8_000) / Math.min(rate, CROSS_RATE),
  },
  {
    name: "delay",
    about: `${2 * DELAY_MS} ms there and back between any two, by a relay that takes CPU too: try --rate 20`,
    plan: (options) => ({ ...even(options), delayMs: DELAY_MS }),
  },
  {
    name: "pair",
    about: "one seeder, one host, no limit to the link (--hosts and --rate mean nothing)",
    plan: () => ({ rates: [undefined, undefined] }),
  },
];

/** The one that isn't like the others, where the scenario has one. */
export function oddHosts({ odd }: Scenario, network: Network): readonly Node[] {
  return odd === undefined ? [] : [oddHost(network)];
}

function oddHost({ hosts }: Network): Node {
  const host = hosts.at(-1);
  if (host === undefined) throw new RangeError("no hosts");
  return host;
}

async function untilCarried(
  pid: () => number | undefined,
  way: "sent" | "received",
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  let before: number | undefined;
  while (!signal.aborted) {
    const process = pid();
    const now = process === undefined ? undefined : interfaceCounters(process)?.[way];
    before ??= now;
    if (now !== undefined && before !== undefined && now - before >= bytes) return;
    await pause(LOOK_MS, signal);
  }
}

/** Resolves early when aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise.finally(() => clearTimeout(timer));
}
