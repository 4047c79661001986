// Encrypted values that are shown decrypted: in graphs and in TOML.

import { OpsError } from "../errors.ts";
import { isMapping, vaultText } from "./scalars.ts";
import type { Inventory, Value } from "./types.ts";

/**
 * What `secret`, a `!vault` value of the inventory, says.
 * @throws OpsError `setting` naming the var, a host that has it, its file and the vault id, when no password opens it
 */
export function decrypted(inventory: Inventory, secret: string): string {
  try {
    return inventory.decrypt?.(secret, "") ?? "(encrypted)";
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
  }
  try {
    return inventory.decrypt?.(secret, whereabouts(inventory, secret)) ?? "(encrypted)";
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    throw new OpsError("setting", error.message, { hint: error.hint, cause: error });
  }
}

/** Looked for once it is wanted, for an error: none is kept at each value. */
function whereabouts(inventory: Inventory, secret: string): string {
  for (const host of inventory.hosts.values()) {
    for (const [name, value] of Object.entries(host.vars)) {
      if (!holds(value, secret)) continue;
      const origin = inventory.origin(host, name);
      return `${name} of ${host.name}${origin === undefined ? "" : ` (${origin})`}`;
    }
  }
  for (const group of inventory.groups.values()) {
    const found = Object.entries(group.vars).find(([, value]) => holds(value, secret));
    if (found !== undefined) return `${found[0]} of the group ${group.name}`;
  }
  return "an encrypted value";
}

function holds(value: Value, secret: string): boolean {
  if (Array.isArray(value)) return value.some((item) => holds(item, secret));
  if (!isMapping(value)) return false;
  return vaultText(value) === secret || Object.values(value).some((item) => holds(item, secret));
}
