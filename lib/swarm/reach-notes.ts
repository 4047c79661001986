// What is told of hosts that can't reach each other, one sentence each.
import type { PortRange } from "../peer/protocol.ts";

type Hosts = readonly { readonly name: string }[];

/** A zone has no way to the seeder; these hosts are fed for it. */
export function cutOffNote(
  feeders: Hosts,
  { zone, hosts }: { readonly zone: string; readonly hosts: number },
): string {
  const pass = hosts > feeders.length ? ", to be passed on from there" : "";
  return `no TCP connection between this machine and the hosts${inZone(zone)}: the payload goes over SSH to ${named(feeders)}${pass}`;
}

/** These can reach nobody. */
export function aloneNote(hosts: Hosts, { ports }: { readonly ports: PortRange | undefined }): string {
  const [reach, get] = hosts.length === 1 ? ["reaches", "it gets"] : ["reach", "they get"];
  return `${named(hosts)} ${reach} neither this machine nor other hosts by TCP, so ${get} every byte over SSH; ${remedy(ports)}`;
}

/** These are connected with others and get nothing from them. */
export function stillNote(hosts: Hosts, { ports }: { readonly ports: PortRange | undefined }): string {
  return `${named(hosts)} got nothing from other hosts for some time: the rest goes over SSH; ${remedy(ports)}`;
}

/** Which hosts, where there are zones. */
export function inZone(zone: string): string {
  return zone === "" ? "" : ` of zone ${zone}`;
}

function remedy(ports: PortRange | undefined): string {
  return `open TCP ${ports === undefined ? "ports" : `${ports.from}-${ports.to}`} (rookery_ports) between the hosts`;
}

const NAMED = 5;

function named(hosts: Hosts): string {
  const names = hosts.slice(0, NAMED).map(({ name }) => name);
  const more = hosts.length > NAMED ? [`${hosts.length - NAMED} more`] : [];
  const all = [...names, ...more];
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}
