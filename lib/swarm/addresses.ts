// Which addresses the machines of a swarm have: to be dialled at, and to be let in from.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { OpsError } from "../errors.ts";
import type { Member } from "./fleet.ts";

/** The IP others dial: what the inventory says, else what this machine dialled. Names are looked up here, once. */
export async function addressOf(
  { name, connection, survey, target }: Member,
  setting: string | undefined,
): Promise<string> {
  const address = setting ?? connection?.remoteAddress ?? "";
  if (isIP(address) !== 0) return address;
  // Names behind a bastion are for the bastion to look up: it may know others, and the host says by which it was reached.
  const seenAt = setting === undefined ? survey?.seenAt : undefined;
  if (seenAt !== undefined && (target.jumps ?? []).length > 0) return seenAt;
  try {
    return (await lookup(address)).address;
  } catch (error) {
    if (seenAt !== undefined) return seenAt;
    throw new OpsError(
      "setting",
      `no address found for "${address}", by which the other hosts should reach it`,
      {
        host: name,
        cause: error,
        hint: "set rookery_address to its IP in host_vars",
      },
    );
  }
}

/** Everything a connection of this fleet may come from: how hosts are reached, what they call themselves, and us. */
export function fleetAddresses(addresses: ReadonlyMap<Member, string>): string[] {
  const members = [...addresses.keys()];
  return [
    ...new Set([
      ...ownAddresses(members),
      ...addresses.values(),
      ...members.flatMap(({ peer }) => peer?.addresses ?? []),
    ]),
  ];
}

/** This machine, as its connections and the hosts see it (they differ behind NAT). */
export function ownAddresses(members: readonly Member[]): string[] {
  return [
    ...new Set(
      members.flatMap(({ connection, survey }) =>
        [connection?.localAddress, survey?.seenFrom]
          .filter((address) => address !== undefined)
          .filter((address) => address !== ""),
      ),
    ),
  ];
}

/** Whether the host sees this machine by another address than its own: something lies between that passes SSH on. */
export function isDistant({ connection, survey }: Member): boolean {
  return survey?.seenFrom !== undefined && survey.seenFrom !== connection?.localAddress;
}
