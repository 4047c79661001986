// By which IP a host is reached by the others.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { OpsError } from "../errors.ts";
import type { PortRange } from "../peer/protocol.ts";
import type { Member } from "./fleet.ts";

/** How the other hosts reach a host, undefined: as this machine does; and where it may listen, undefined: on any port. */
export interface Reach {
  readonly address: string | undefined;
  readonly ports: PortRange | undefined;
}

/**
 * The IP others dial: what the inventory says, else what this machine dialled. Names are looked up here, once.
 * @throws OpsError `setting` for a name without an address
 */
export async function addressOf({ name, connection }: Member, setting: string | undefined): Promise<string> {
  const address = setting ?? connection?.remoteAddress ?? "";
  if (isIP(address) !== 0) return address;
  try {
    return (await lookup(address)).address;
  } catch (error) {
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
