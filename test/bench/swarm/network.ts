// Hosts as network namespaces on a bridge, each behind a shaped link. The bridge lives in a namespace too, so nothing
// shows on the machine itself, and removing the namespaces removes everything.
import { mkdir, readdir, readFile } from "node:fs/promises";
import { startDelay } from "./delay.ts";
import { ip, macOf, tc } from "./ip.ts";
import { linkQdisc } from "./qdisc.ts";
import { run } from "./run.ts";

export interface Node {
  /** 0 is the seeder. */
  readonly index: number;
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  /** Bits a second each way; undefined: no limit. */
  readonly rate: number | undefined;
  /** Which bridge it is on. */
  readonly zone: number;
}

export interface NetworkPlan {
  /** Link rates, the seeder's first. */
  readonly rates: readonly (number | undefined)[];
  /** The zone of each node; all in zone 0 when not given. */
  readonly zones?: readonly number[] | undefined;
  /** What every packet from one node to another takes, in ms; nothing when not given. */
  readonly delayMs?: number | undefined;
  /** Bits a second each way between zones 0 and 1. */
  readonly crossRate?: number | undefined;
}

/** What a link carried, in bytes and packets of the wire: headers of every segment are counted. */
export interface Carried {
  readonly bytes: number;
  readonly packets: number;
}

export interface Network extends AsyncDisposable {
  readonly seeder: Node;
  readonly hosts: readonly Node[];
  /** How many bridges there are. */
  readonly zones: number;
  /** Processes that are part of it. */
  readonly pids: readonly number[];
  /** Where the bridge is reached by everybody: the tracker runs there. */
  readonly hub: Pick<Node, "namespace" | "address">;
  /** What a node sent through its link so far. */
  sent(node: Node): Promise<Carried>;
  /** What went between the zones so far, both ways. */
  crossed(): Promise<Carried>;
}

const PREFIX = "rookbench";
/** TCP over IPv4 with timestamps, in Ethernet: what each packet carries beside payload. */
const HEADER_BYTES = 14 + 20 + 32;

/** Payload in what a link carried, TCP's headers taken off. */
export function payloadBytes({ bytes, packets }: Carried): number {
  return bytes - packets * HEADER_BYTES;
}

export async function buildNetwork({ rates, zones = [], crossRate, delayMs }: NetworkPlan): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  const nodes = rates.map(
    (rate, index): Node => ({
      index,
      name: index === 0 ? "seeder" : `host${index}`,
      namespace: `${PREFIX}-${process.pid}-${index}`,
      address: `10.77.${index >> 8}.${(index & 255) + 1}`,
      rate,
      zone: zones[index] ?? 0,
    }),
  );
  const hub = { namespace: `${PREFIX}-${process.pid}-hub`, address: "10.77.255.254" };
  const spaces = [hub.namespace, ...nodes.map(({ namespace }) => namespace)];
  stack.defer(() => removeNamespaces(spaces));
  const bridges = [...new Set(nodes.map(({ zone }) => zone))];
  await ip(
    [],
    spaces.map((name) => `netns add ${name}`),
  );
  await ip(hub.namespace, [
    "link set lo up",
    ...bridges.flatMap((zone) => [`link add br${zone} type bridge`, `link set br${zone} up`]),
    `addr add ${hub.address}/16 dev br0`,
    ...nodes.flatMap(({ index, namespace, zone }) => [
      `link add port${index} type veth peer name eth0 address ${macOf(index)} netns ${namespace}`,
      `link set port${index} master br${zone} up`,
    ]),
    ...(bridges.length < 2 ? [] : crossing()),
  ]);
  for (const { namespace, address, rate } of nodes) {
    await ip(namespace, ["link set lo up", `addr add ${address}/16 dev eth0`, "link set eth0 up"]);
    await tc(namespace, [`qdisc add dev eth0 root ${linkQdisc(rate)}`]);
  }
  await tc(hub.namespace, [
    ...nodes.map(({ index, rate }) => `qdisc add dev port${index} root ${linkQdisc(rate)}`),
    ...(bridges.length < 2
      ? []
      : ["cross0", "cross1"].map((name) => `qdisc add dev ${name} root ${linkQdisc(crossRate)}`)),
  ]);
  const relay = delayMs === undefined ? undefined : stack.use(await startDelay(hub, nodes, delayMs));
  const [seeder, ...hosts] = nodes;
  if (seeder === undefined) throw new RangeError("a network needs a seeder");
  const kept = stack.move();
  return {
    seeder,
    hosts,
    zones: bridges.length,
    pids: relay === undefined ? [] : [relay.pid],
    hub,
    sent: (node) => carried(node.namespace, "eth0"),
    crossed: async () => {
      const [there, back] = [await carried(hub.namespace, "cross0"), await carried(hub.namespace, "cross1")];
      return { bytes: there.bytes + back.bytes, packets: there.packets + back.packets };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Removes the namespaces of benchmarks that were killed, ending what still runs in them; gives their names. */
export async function removeLeftovers(): Promise<readonly string[]> {
  await mkdir("/run/netns", { recursive: true });
  const left: string[] = [];
  for (const name of await readdir("/run/netns")) {
    const [, pid] = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !(await isBenchmark(pid))) left.push(name);
  }
  for (const name of left) {
    for (const pid of (await run(["ip", "netns", "pids", name])).split("\n").filter(Boolean))
      process.kill(Number(pid), "SIGKILL");
  }
  await removeNamespaces(left);
  return left;
}

/** Process ids come again: one that runs something else is not the owner. */
async function isBenchmark(pid: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return /bench[/:](swarm|via|cold|delta)/.test(command);
}

function crossing(): string[] {
  return [
    "link add cross0 type veth peer name cross1",
    "link set cross0 master br0 up",
    "link set cross1 master br1 up",
  ];
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  if (names.length > 0)
    await ip(
      [],
      names.map((name) => `netns del ${name}`),
      { force: true },
    );
}

async function carried(namespace: string, device: string): Promise<Carried> {
  const text = await run(["tc", "-n", namespace, "-s", "-j", "qdisc", "show", "dev", device]);
  const [root] = JSON.parse(text) as Carried[];
  if (root === undefined) throw new Error(`no qdisc on ${device} in ${namespace}`);
  return { bytes: root.bytes, packets: root.packets };
}
