// The flags of deploy.ts and rollback.ts.
import { RECORD_FLAGS } from "../history/flags.ts";
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "../options.ts";
import { ROLLING_FLAGS } from "./rolling.ts";
import { VIA_FLAG } from "./via.ts";

const RELEASE_FLAGS = {
  ...FLEET_FLAGS,
  check: { type: "switch", short: "C", help: "show what would be done, change nothing" },
  ...ROLLING_FLAGS,
  before: {
    type: "list",
    value: "PLAYBOOK",
    help: "run it on each batch before it is switched (repeatable)",
  },
  after: { type: "list", value: "PLAYBOOK", help: "run it on each batch once it is switched (repeatable)" },
  lockWait: {
    type: "text",
    value: "TIME",
    notWith: "breakLock",
    help: "wait so long while another deploy runs there (90s, 15m, 1h)",
  },
  breakLock: { type: "switch", help: "take the lock from another deploy, even one that still runs" },
  ...RECORD_FLAGS,
} as const satisfies Record<string, Flag>;

// In the order of --help: what is deployed, then how.
export const DEPLOY_FLAGS = {
  source: {
    type: "text",
    short: "s",
    value: "FROM",
    help: "folder, tarball, file or git:REF, over rookery_source",
  },
  release: {
    type: "text",
    short: "r",
    value: "ID",
    help: "name of the release (default: UTC time, 20261123120307)",
  },
  resume: {
    type: "switch",
    notWith: "release",
    help: "go on with the hosts the last run left out, to the same release",
  },
  via: VIA_FLAG,
  ...RELEASE_FLAGS,
} as const satisfies Record<string, Flag>;

/** What `deployOptions` makes of a command line, for `planDeploy`. */
export type DeployOptions = Parsed<typeof DEPLOY_FLAGS>;
/** What `rollbackOptions` makes of a command line, for `planRollback`. */
export type RollbackOptions = Parsed<typeof RELEASE_FLAGS>;

/** Options of deploy.ts. */
export function deployOptions(argv: readonly string[]): DeployOptions {
  return parseOptions(argv, {
    example: "bun scripts/deploy.ts prod --limit 'web:!web9'",
    about: "Puts a release on every matching host by torrent, and switches all of them to it.",
    words: "INVENTORY [PATTERN]",
    maxWords: 2,
    flags: DEPLOY_FLAGS,
  });
}

/** Options of rollback.ts. */
export function rollbackOptions(argv: readonly string[]): RollbackOptions {
  return parseOptions(argv, {
    example: "bun scripts/rollback.ts prod",
    about: "Switches every host back to one release: the one named, or the last good one before the current.",
    words: "INVENTORY [RELEASE]",
    maxWords: 2,
    flags: RELEASE_FLAGS,
  });
}
