// What a team that comes from Ansistrano has set and will miss.
import type { Host, Inventory } from "./inventory/types.ts";

interface Unserved {
  /** Values that ask for nothing else than what is done anyway. */
  readonly harmless: readonly unknown[];
  readonly instead: string;
}

const LAYOUT =
  "Rookery's folders are called as Capistrano's: releases, shared, current, below rookery_deploy_to";
const TASKS =
  "Rookery runs no task files inside a deploy: see rookery_before_activate, rookery_after_activate, --before and --after";
const FETCHED = "set rookery_source, to what is deployed, as this machine sees it";

/** Where code comes from so that it is on the control host, as with us. */
const FROM_HERE = [
  "rsync",
  "rsync_direct",
  "rsync_unarchive",
  "synchronize",
  "copy",
  "copy_unarchive",
  "git",
];

const HOOKS = [
  "ansistrano_before_setup_tasks_file",
  "ansistrano_after_setup_tasks_file",
  "ansistrano_before_update_code_tasks_file",
  "ansistrano_after_update_code_tasks_file",
  "ansistrano_before_symlink_shared_tasks_file",
  "ansistrano_after_symlink_shared_tasks_file",
  "ansistrano_before_symlink_tasks_file",
  "ansistrano_after_symlink_tasks_file",
  "ansistrano_before_cleanup_tasks_file",
  "ansistrano_after_cleanup_tasks_file",
  "ansistrano_rollback_before_setup_tasks_file",
  "ansistrano_rollback_after_setup_tasks_file",
  "ansistrano_rollback_before_symlink_tasks_file",
  "ansistrano_rollback_after_symlink_tasks_file",
  "ansistrano_rollback_before_cleanup_tasks_file",
  "ansistrano_rollback_after_cleanup_tasks_file",
];

/** Ansistrano vars that change what a deploy does and have no counterpart here: said aloud rather than ignored. */
const UNSERVED: Readonly<Record<string, Unserved>> = {
  ansistrano_current_dir: { harmless: ["current"], instead: LAYOUT },
  ansistrano_version_dir: { harmless: ["releases"], instead: LAYOUT },
  ansistrano_shared_dir: { harmless: ["shared"], instead: LAYOUT },
  ansistrano_current_via: {
    harmless: ["symlink"],
    instead: "Rookery switches by a symlink: make `current` one, or use distribute.ts",
  },
  ansistrano_unarchive_exclude: { harmless: [], instead: "see rookery_exclude" },
  ...Object.fromEntries(HOOKS.map((name) => [name, { harmless: [], instead: TASKS }])),
};

/** What this host's Ansistrano vars ask for that is not done: a sentence each. */
export function unservedVars(inventory: Inventory, host: Host): string[] {
  const said = Object.entries(UNSERVED).flatMap(([name, { harmless, instead }]) => {
    const value = inventory.value(host, name);
    const nothing = value === undefined || value === null || value === "";
    const empty = Array.isArray(value) && value.length === 0;
    return nothing || empty || harmless.includes(value) ? [] : [`${name} is set, but ${instead}`];
  });
  const via = inventory.value(host, "ansistrano_deploy_via");
  const ours = inventory.value(host, "rookery_source") !== undefined;
  if (typeof via !== "string" || ours || FROM_HERE.includes(via)) return said;
  return [...said, `ansistrano_deploy_via is ${via}, which Rookery doesn't fetch from: ${FETCHED}`];
}
