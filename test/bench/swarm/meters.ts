// What is read before and after a race: links, processes, the machine.
import { type Carried, type Network, payloadBytes } from "./network.ts";
import { machineSeconds, usageOfChildren } from "./usage.ts";

export interface Readings {
  /** Payload the seeder's link carried away, in copies of the file. */
  readonly seederCopies: number;
  /** The same for the link between zones, both ways; undefined where there is none. */
  readonly crossedCopies: number | undefined;
  /** Of all processes of the contender together. */
  readonly cpuSeconds: number;
  /** The most that any one process held. */
  readonly peakBytes: number;
  /** 0 to 1, of all cores, whoever used them. */
  readonly machineBusy: number;
  /** 0 to 1: the contender's own part of that. The rest is the kernel's work on packets, and others. */
  readonly ownBusy: number;
}

/** Takes the first readings; what it returns takes the second, as `stop`, and works out what lies between. */
export async function startMeters(
  network: Network,
  { except, totalBytes }: { readonly except: readonly number[]; readonly totalBytes: number },
): Promise<() => Promise<Readings>> {
  const crossed = () => (network.zones > 1 ? network.crossed() : undefined);
  const sentBefore = await network.sent(network.seeder);
  const crossedBefore = await crossed();
  const usageBefore = usageOfChildren({ except });
  const machineBefore = machineSeconds();
  const copies = (now: Carried, then: Carried) => (payloadBytes(now) - payloadBytes(then)) / totalBytes;
  return async () => {
    const machine = machineSeconds();
    const usage = usageOfChildren({ except });
    const sent = await network.sent(network.seeder);
    const crossedNow = await crossed();
    const cpuSeconds = usage.cpuSeconds - usageBefore.cpuSeconds;
    const machineTotal = machine.total - machineBefore.total;
    return {
      seederCopies: copies(sent, sentBefore),
      crossedCopies: crossedNow && crossedBefore && copies(crossedNow, crossedBefore),
      cpuSeconds,
      peakBytes: usage.peakBytes,
      machineBusy: (machine.busy - machineBefore.busy) / machineTotal,
      ownBusy: cpuSeconds / machineTotal,
    };
  };
}
