// Which way a payload goes to the hosts: through a swarm, or to each of them over its SSH connection.
import { OpsError } from "../errors.ts";

/** `auto` chooses by size, hosts, and what was measured. */
export const VIAS = ["auto", "swarm", "ssh"] as const;
export type Via = (typeof VIAS)[number];

export const VIA_FLAG = {
  type: "text",
  value: "WAY",
  help: "swarm, ssh (all bytes from this machine), or auto (the faster), over rookery_via",
} as const;

/**
 * What the flag says, else what all hosts want.
 * @throws OpsError `usage` for another word, `setting` when hosts differ
 */
export function agreedVia(
  hosts: readonly { readonly name: string; readonly via: Via }[],
  flag: string | undefined,
): Via {
  const said = VIAS.find((via) => via === flag);
  if (said !== undefined) return said;
  if (flag !== undefined) {
    throw new OpsError("usage", `--via wants auto, swarm or ssh, not "${flag}"`);
  }
  const [first = { name: "", via: "auto" as const }] = hosts;
  const other = hosts.find(({ via }) => via !== first.via);
  if (other === undefined) return first.via;
  throw new OpsError(
    "setting",
    `rookery_via is ${first.via} for ${first.name} and ${other.via} for ${other.name}, and one payload goes to both`,
    { hint: "set it for all of them, or give --via" },
  );
}
