// What a deploy will do, from inventory and flags: hosts, their settings, one source. Touches no network.
import { hostname } from "node:os";
import { resolve } from "node:path";
import { unservedVars } from "../ansistrano.ts";
import { type FleetFlags, fleetConfig } from "../config.ts";
import { OpsError } from "../errors.ts";
import type { Host } from "../inventory/types.ts";
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "../options.ts";
import { refuseCredentials } from "../payload/git.ts";
import { checkReleaseId } from "../release/layout.ts";
import { type HostSettings, settingsOf } from "../settings.ts";
import { sshEnvironment } from "../ssh/environment.ts";
import { targetOf } from "../ssh/target.ts";
import type { FleetHost } from "../swarm/fleet.ts";
import { agreed } from "./agreed.ts";
import { type Allowance, parseAllowance } from "./allowance.ts";
import { readyHosts } from "./ready.ts";
import { agreedVia, VIA_FLAG, type Via } from "./via.ts";

/** One host of a plan, ready to be part of a fleet. */
export interface PlannedHost extends FleetHost {
  readonly settings: HostSettings;
}

export interface DeployPlan {
  readonly app: string;
  /** What is deployed: folder, tarball, file or `git:REF`. */
  readonly source: string;
  readonly exclude: readonly string[];
  /** Release id asked for; undefined: as the hosts already call these bytes, else by the clock. */
  readonly release: string | undefined;
  readonly hosts: readonly PlannedHost[];
  readonly forks: number;
  readonly via: Via;
  readonly allowance: Allowance;
  readonly breakLock: boolean;
  /** user@host: whose lock it will be. */
  readonly owner: string;
  /** Said once at the start. */
  readonly warnings: readonly string[];
}

const RELEASE_FLAGS = {
  ...FLEET_FLAGS,
  allowFailures: { type: "text", value: "N|N%", help: "switch although so many hosts failed (0)" },
  breakLock: { type: "switch", help: "take over a lock that another deploy left behind" },
  check: { type: "switch", short: "C", help: "show what would be done, change nothing" },
} as const satisfies Record<string, Flag>;

const DEPLOY_FLAGS = {
  ...RELEASE_FLAGS,
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
  via: VIA_FLAG,
} as const satisfies Record<string, Flag>;

export type DeployOptions = Parsed<typeof DEPLOY_FLAGS>;
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

/**
 * The plan of a deploy.
 * @throws OpsError `usage`, `inventory`, `pattern`, `setting`, or `release` for a name that can't be a folder's
 */
export async function planDeploy(
  options: DeployOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DeployPlan> {
  if (options.release !== undefined) checkReleaseId(options.release);
  const { hosts, forks, warnings } = await planHosts(options, { source: options.source, signal });
  requireDistinct(hosts);
  const { app, source, exclude } = agreed(hosts);
  refuseCredentials(source);
  const wishes = hosts.map(({ name, settings }) => ({ name, via: settings.via }));
  return {
    app,
    source: /^git[:+]/.test(source) ? source : resolve(source),
    exclude,
    release: options.release,
    hosts,
    forks,
    via: agreedVia(wishes, options.via),
    allowance: parseAllowance(options.allowFailures),
    breakLock: options.breakLock,
    owner: ownerName(),
    warnings,
  };
}

export type RollbackPlan = Pick<
  DeployPlan,
  "app" | "hosts" | "forks" | "allowance" | "breakLock" | "owner" | "release"
>;

/**
 * The plan of a rollback: `release` is the id asked for, or undefined.
 * @throws OpsError `usage`, `inventory`, `pattern` or `setting`
 */
export async function planRollback(
  options: RollbackOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<RollbackPlan> {
  // Going back needs no source, and a source that is set wrongly must not stand in its way.
  const { hosts, forks, words } = await planHosts(options, { source: "none", signal, patternWord: false });
  requireDistinct(hosts);
  const apps = new Set(hosts.map(({ settings }) => settings.app));
  if (apps.size > 1) {
    throw new OpsError("setting", `these hosts run different apps: ${[...apps].join(", ")}`, {
      hint: "name one app's hosts with --limit",
    });
  }
  return {
    app: [...apps][0] ?? "",
    hosts,
    forks,
    allowance: parseAllowance(options.allowFailures),
    breakLock: options.breakLock,
    owner: ownerName(),
    release: words[0],
  };
}

/** Hosts with settings and targets, and what there is to warn about. */
export async function planHosts(
  flags: FleetFlags,
  {
    source,
    signal,
    patternWord = true,
  }: {
    readonly source?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly patternWord?: boolean;
  },
): Promise<{
  hosts: readonly PlannedHost[];
  forks: number;
  warnings: readonly string[];
  words: readonly string[];
}> {
  const { inventory, hosts, forks, words } = await fleetConfig(flags, {
    patternWord,
    ...(signal === undefined ? {} : { signal }),
  });
  const planned = hosts.map((host) => {
    const settings = settingsOf(inventory, host, { source });
    const { address, ports } = settings;
    const target = targetOf(inventory, host);
    return { name: host.name, group: groupOf(host), target, reach: { address, ports }, settings };
  });
  const unserved = new Set(hosts.flatMap((host) => unservedVars(inventory, host)));
  const warnings = [
    ...inventory.warnings,
    ...[...unserved].map(
      (name) =>
        `${name} is set, but Rookery runs no Ansible tasks inside a deploy: see rookery_before_activate and rookery_after_activate`,
    ),
  ];
  return { hosts: await readyHosts(planned, { signal }), forks, warnings, words };
}

/**
 * Hosts to connect to and nothing else: for scripts that need no releases.
 * @throws OpsError `usage`, `inventory`, `pattern` or `setting`
 */
export async function planFleet(
  flags: FleetFlags,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<{ readonly hosts: readonly FleetHost[]; readonly forks: number }> {
  const { inventory, hosts, forks } = await fleetConfig(flags, signal === undefined ? {} : { signal });
  const planned = hosts.map((host) => ({
    name: host.name,
    group: groupOf(host),
    target: targetOf(inventory, host),
  }));
  return { hosts: await readyHosts(planned, { signal }), forks };
}

/** user@host of whoever runs this, for locks and logs. */
export function ownerName(): string {
  return `${sshEnvironment().user}@${hostname()}`;
}

/** Hosts are shown under the most telling of their groups: the last by name that is not everybody's. */
export function groupOf(host: Host): string {
  return host.groups.find((group) => group !== "all" && group !== "ungrouped") ?? "all";
}

/** One machine under two names would wait for its own lock. */
function requireDistinct(hosts: readonly PlannedHost[]): void {
  const seen = new Map<string, string>();
  for (const { name, target, settings } of hosts) {
    const { via, address, port, jumps } = target;
    const { deployTo } = settings;
    const key = JSON.stringify(via === "local" ? [deployTo] : [deployTo, address, port, jumps]);
    const other = seen.get(key);
    seen.set(key, name);
    if (other === undefined) continue;
    const where = via === "local" ? "this machine" : `${address}:${port}`;
    throw new OpsError("setting", `${other} and ${name} are one folder: ${deployTo} on ${where}`, {
      hint: "leave one of them out with --limit, or give each its own ansible_host or rookery_deploy_to",
    });
  }
}
