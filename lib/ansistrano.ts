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
  "Rookery runs no Ansible tasks inside a deploy: see rookery_before_activate and rookery_after_activate";
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

const HOOKS = ["setup", "update_code", "symlink_shared", "symlink", "cleanup"].flatMap((step) => [
  `ansistrano_before_${step}_tasks_file`,
  `ansistrano_after_${step}_tasks_file`,
]);
const ROLLBACK_HOOKS = ["setup", "symlink", "cleanup"].flatMap((step) => [
  `ansistrano_rollback_before_${step}_tasks_file`,
  `ansistrano_rollback_after_${step}_tasks_file`,
]);

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
  ...Object.fromEntries(
    [...HOOKS, ...ROLLBACK_HOOKS].map((name) => [name, { harmless: [], instead: TASKS }]),
  ),
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
