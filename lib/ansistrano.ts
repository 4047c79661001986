// What a team that comes from Ansistrano has set and will miss.
import type { Host, Inventory } from "./inventory/types.ts";

/** Ansistrano vars that change what a deploy does and have no counterpart here: said aloud rather than ignored. */
const UNSERVED: Readonly<Record<string, unknown>> = {
  ansistrano_current_dir: "current",
  ansistrano_version_dir: "releases",
  ansistrano_shared_dir: "shared",
  ansistrano_before_setup_tasks_file: undefined,
  ansistrano_after_setup_tasks_file: undefined,
  ansistrano_before_update_code_tasks_file: undefined,
  ansistrano_after_update_code_tasks_file: undefined,
  ansistrano_before_symlink_shared_tasks_file: undefined,
  ansistrano_after_symlink_shared_tasks_file: undefined,
  ansistrano_before_symlink_tasks_file: undefined,
  ansistrano_after_symlink_tasks_file: undefined,
  ansistrano_before_cleanup_tasks_file: undefined,
  ansistrano_after_cleanup_tasks_file: undefined,
};

/** What this host's Ansistrano vars ask for that is not done. */
export function unservedVars(inventory: Inventory, host: Host): string[] {
  return Object.entries(UNSERVED).flatMap(([name, harmless]) => {
    const value = inventory.value(host, name);
    return value === undefined || value === null || value === harmless || value === "" ? [] : [name];
  });
}
