// What hosts run against what was unpacked there, for people and programs.
import { OpsError } from "../errors.ts";
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "../options.ts";
import { checkReleaseId } from "../release/layout.ts";
import type { Verified } from "../release/verify.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet } from "../swarm/fleet.ts";
import { formatBytes } from "../ui/format.ts";
import { table } from "../ui/table.ts";
import { type PlannedHost, planHosts } from "./hosts.ts";

const VERIFY_FLAGS = {
  ...FLEET_FLAGS,
  release: {
    type: "text",
    short: "r",
    value: "ID",
    help: "this release (default: what is current on each host)",
  },
  ignore: {
    type: "list",
    value: "PATH",
    help: "a path in the release that may be anything (repeatable)",
  },
} as const satisfies Record<string, Flag>;

export type VerifyOptions = Parsed<typeof VERIFY_FLAGS>;

/** Options of verify.ts. */
export function verifyOptions(argv: readonly string[]): VerifyOptions {
  const options = parseOptions(argv, {
    example: "bun scripts/verify.ts prod",
    about:
      "Reads every file of the current release again on each host, and names those that are not as\nthey were deployed. Changes nothing.",
    words: "INVENTORY [PATTERN]",
    maxWords: 2,
    flags: VERIFY_FLAGS,
  });
  if (options.release !== undefined) checkReleaseId(options.release);
  return options;
}

/**
 * Hosts with their `rookery_deploy_to`; looking needs no source, so none is asked for.
 * @throws OpsError `usage`, `inventory`, `pattern` or `setting`
 */
export async function planVerify(options: VerifyOptions, { signal }: { readonly signal?: AbortSignal } = {}) {
  return planHosts(options, { source: "none", signal });
}

/** What one host's release is found to be. */
export interface VerifiedHost extends Verified {
  readonly host: string;
}

/**
 * Verifies the release on every host, whose peers run, and hands each result out as it comes; a host whose release
 * drifted is a failed host. Returns a sentence on all of them.
 */
export async function verifyAll(
  fleet: Fleet<PlannedHost>,
  { release, ignore = [] }: { readonly release?: string | undefined; readonly ignore?: readonly string[] },
  { onResult }: { readonly onResult: (result: VerifiedHost) => void },
): Promise<string> {
  const counts = { clean: 0, drifted: 0, unknown: 0, none: 0 };
  const paths = ignore.map((path) => path.replace(/^(\.?\/)+|\/+$/g, ""));
  await fleet.each(async (member) => {
    const params = { deployTo: member.settings.deployTo, id: release, ignore: paths };
    const found = await peerOf(member).request("verify", params, { signal: fleet.signal });
    counts[found.state] += 1;
    onResult({ host: member.name, ...found });
    if (found.state === "drifted") throw drifted(member.name, found);
    fleet.emit({ type: "status", host: member.name, status: "ok" });
  });
  const parts = [
    `${counts.clean} as deployed`,
    ...(counts.drifted > 0 ? [`${counts.drifted} drifted`] : []),
    ...(counts.unknown > 0 ? [`${counts.unknown} not to be told`] : []),
    ...(counts.none > 0 ? [`${counts.none} without a release`] : []),
  ];
  return `verified, nothing was changed: ${parts.join(", ")}`;
}

/** A host's line, and one for each path that drifted. */
export function verifiedText({ host, id, state, files, bytes, drifted, paths }: VerifiedHost): string {
  if (state === "none") return `${host}  no release is current\n`;
  if (state === "unknown")
    return `${host}  ${id}  can't be told: this host keeps no list of its files (another tool's release, or an older one)\n`;
  const size = `${files} files, ${formatBytes(bytes)}`;
  if (state === "clean") return `${host}  ${id}  as deployed (${size})\n`;
  const rows = table(paths, [
    { title: "", value: ({ problem }) => `  ${problem}` },
    { title: "", value: ({ path }) => JSON.stringify(path).slice(1, -1) },
    { title: "", value: ({ detail = "" }) => detail },
  ]);
  const more = drifted > paths.length ? `  … and ${drifted - paths.length} more\n` : "";
  return `${host}  ${id}  drifted: ${drifted} ${drifted === 1 ? "path" : "paths"} (${size})\n${rows}${more}`;
}

function drifted(host: string, { id, drifted }: Verified): OpsError {
  const what = drifted === 1 ? "1 path is" : `${drifted} paths are`;
  return new OpsError("hash", `${what} not as release ${id} brought them`, {
    host,
    hint: "mend them, or deploy the same again under another name (--release)",
  });
}
