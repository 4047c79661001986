// The flags of scripts that bring a release as deploy.ts does, and switch to it in a way of their own.
import { RECORD_FLAGS } from "../history/flags.ts";
import { FLEET_FLAGS, type Flag, type OwnUsage, type Parsed, parseOptions, type Usage } from "../options.ts";
import { DEPLOY_FLAGS, type DeployOptions, deployOptions } from "./flags.ts";

const { source, release, via, allowFailures, breakLock, lockWait } = DEPLOY_FLAGS;
const BRING_FLAGS = {
  ...{ source, release, via, allowFailures, breakLock, lockWait },
  ...FLEET_FLAGS,
  ...RECORD_FLAGS,
};

/**
 * Options for `planDeploy` and `bringRelease`: the flags of deploy.ts that say what is brought to which hosts, and those of
 * `own`. What deploy.ts has for the switch itself (batches, `--check`) is not among them, for that is the script's own.
 * @throws OpsError `usage`
 *
 * @example
 * const options = bringOptions(Bun.argv.slice(2), {
 *   example: "bun scripts/canary.ts prod --probe 'curl -fsS localhost/health'",
 *   about: "One host first, the rest when it is well.",
 *   flags: { probe: { type: "text", value: "COMMAND", help: "tells whether the canary is well" } },
 * });
 */
export function bringOptions<const Own extends Record<string, Flag> = Record<never, Flag>>(
  argv: readonly string[],
  own: OwnUsage<Own> & Pick<Usage<Own>, "example" | "about">,
): DeployOptions & Parsed<Own> {
  const flags = { ...BRING_FLAGS, ...own.flags } as typeof BRING_FLAGS & Own;
  const options = parseOptions(argv, { words: "INVENTORY [PATTERN]", maxWords: 2, ...own, flags });
  return { ...deployOptions([]), ...options } as DeployOptions & Parsed<Own>;
}
