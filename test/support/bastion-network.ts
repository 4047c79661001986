// Network namespaces behind a bastion: it forwards nothing, so what gets through is what its own programs pass on.
import { inside, ip, tc } from "../bench/swarm/ip.ts";
import { linkQdisc } from "../bench/swarm/qdisc.ts";
import { run } from "../bench/swarm/run.ts";
import { killAll } from "./processes.ts";

export interface NetworkOptions {
  readonly hosts?: number;
  /** Hosts that reach each other and none of the rest; only the bastion reaches all. */
  readonly islands?: readonly (readonly string[])[];
  /** What becomes of packets from the control host to hosts: told at once that there's no way, or nothing. */
  readonly stray?: "refused" | "dropped";
  /** Bits a second of every link, each way; undefined: no bound. */
  readonly rate?: number | undefined;
  /** Without a bastion: the hosts are on the control host's network. */
  readonly open?: boolean;
}

export interface Machine {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
}

export interface BastionNetwork extends AsyncDisposable {
  readonly control: Machine;
  readonly bastion: Machine;
  readonly machines: readonly Machine[];
  /** From now on the bastion passes packets on: whoever has a route reaches everybody. */
  open(): Promise<void>;
}

/** `prefix`: how the namespaces' names begin. Disposing ends what runs in them. */
export async function buildBastion({
  prefix,
  hosts = 6,
  islands = [],
  stray = "refused",
  rate,
  open = false,
}: NetworkOptions & { readonly prefix: string }): Promise<BastionNetwork> {
  await using stack = new AsyncDisposableStack();
  const control: Machine = {
    name: "control",
    namespace: `${prefix}-control`,
    address: open ? "10.88.0.2" : "10.89.0.2",
  };
  const bastion: Machine = {
    name: "bastion",
    namespace: `${prefix}-bastion`,
    address: open ? "10.88.0.1" : "10.89.0.1",
  };
  const islandOf = (name: string) => islands.findIndex((names) => names.includes(name));
  const machines = Array.from({ length: hosts }, (_, index): Machine => {
    const name = `web${index + 1}`;
    const island = islandOf(name);
    const subnet = island < 0 ? "10.88.1" : `10.90.${island}`;
    return { name, namespace: `${prefix}-${name}`, address: `${subnet}.${index + 10}` };
  });
  const everybody = [control, bastion, ...machines];
  stack.defer(async () => {
    for (const machine of everybody) await killInside(machine);
    await ip(
      [],
      everybody.map(({ namespace }) => `netns del ${namespace}`),
      { force: true },
    );
  });
  await ip(
    [],
    everybody.map(({ namespace }) => `netns add ${namespace}`),
  );
  await ip(bastion.namespace, [
    "link set lo up",
    "link add br0 type bridge",
    "addr add 10.88.0.1/16 dev br0",
    "link set br0 up",
    ...islands.flatMap((_, island) => [
      `link add island${island} type bridge`,
      `addr add 10.90.${island}.1/24 dev island${island}`,
      `link set island${island} up`,
    ]),
    `link add control type veth peer name eth0 netns ${control.namespace}`,
    ...(open ? ["link set control master br0"] : [`addr add ${bastion.address}/24 dev control`]),
    "link set control up",
    ...machines.flatMap(({ name, namespace }) => [
      `link add ${name} type veth peer name eth0 netns ${namespace}`,
      `link set ${name} master ${islandOf(name) < 0 ? "br0" : `island${islandOf(name)}`}`,
      `link set ${name} up`,
    ]),
  ]);
  const forward = (on: 0 | 1) =>
    run(inside(bastion, ["sh", "-c", `echo ${on} > /proc/sys/net/ipv4/ip_forward`]));
  await forward(0);
  for (const machine of [control, ...machines]) {
    const { name, namespace, address } = machine;
    const [mask, gateway] =
      name === "control"
        ? [open ? 16 : 24, open ? "10.88.0.1" : bastion.address]
        : islandOf(name) >= 0
          ? [24, address.replace(/\d+$/, "1")]
          : [16, "10.88.0.1"];
    const route = stray === "dropped" ? [`route add default via ${gateway}`] : [];
    await ip(namespace, [
      "link set lo up",
      `addr add ${address}/${mask} dev eth0`,
      "link set eth0 up",
      ...route,
    ]);
    if (rate !== undefined) await tc(namespace, [`qdisc add dev eth0 root ${linkQdisc(rate)}`]);
  }
  if (rate !== undefined)
    await tc(
      bastion.namespace,
      ["control", ...machines.map(({ name }) => name)].map(
        (device) => `qdisc add dev ${device} root ${linkQdisc(rate)}`,
      ),
    );
  const kept = stack.move();
  return {
    control,
    bastion,
    machines,
    open: async () => void (await forward(1)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Ends everything that runs there, at once. */
export async function killInside({ namespace }: Machine): Promise<void> {
  const pids = await run(["ip", "netns", "pids", namespace]).catch(() => "");
  killAll(pids.split("\n").filter(Boolean).map(Number));
}
