// What a deploy will do, from inventory and flags: hosts, their settings, one source. Touches no network.
import { resolve } from "node:path";
import { parseDuration } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { refuseCredentials } from "../payload/git.ts";
import { checkReleaseId } from "../release/layout.ts";
import { agreed } from "./agreed.ts";
import type { DeployOptions, RollbackOptions } from "./flags.ts";
import { ownerName, type PlannedHost, planHosts } from "./hosts.ts";
import { type Playbooks, planPlaybooks } from "./playbooks.ts";
import { lastRun, type Resumed, resumeWith } from "./resume.ts";
import { planRolling, type Rolling } from "./rolling.ts";
import { agreedVia, type Via } from "./via.ts";

export interface DeployPlan extends Rolling {
  readonly app: string;
  /** How the operator named the inventory; with `app` it says which history a run belongs to. */
  readonly environment: string;
  /** The pattern asked for, --limit included. */
  readonly pattern: string;
  /** What is deployed: folder, tarball, file or `git:REF`. */
  readonly source: string;
  readonly exclude: readonly string[];
  /** Release id asked for; undefined: as the hosts already call these bytes, else by the clock. */
  readonly release: string | undefined;
  readonly hosts: readonly PlannedHost[];
  readonly forks: number;
  readonly via: Via;
  readonly breakLock: boolean;
  /** `--lock-wait`. */
  readonly lockWaitMs: number | undefined;
  /** user@host: whose lock it will be. */
  readonly owner: string;
  /** Where the run's metrics go. */
  readonly metrics: string | undefined;
  /** Run around the switch of each batch. */
  readonly playbooks: Playbooks;
  /** Said once at the start. */
  readonly warnings: readonly string[];
  /** The run that this one goes on with. */
  readonly resumed?: Resumed | undefined;
  /** Why there is nothing to do, in a sentence; then there are no hosts. */
  readonly nothing?: string | undefined;
}

/**
 * The plan of a deploy.
 * @throws OpsError `usage`, `inventory`, `pattern`, `setting`, `release` for a name that can't be a folder's, `history`
 *
 * @example
 * const plan = await planDeploy(deployOptions(["prod", "web", "--source", "./build"]), { signal });
 */
export async function planDeploy(
  options: DeployOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DeployPlan> {
  if (options.release !== undefined) checkReleaseId(options.release);
  const { inventory, hosts, forks, environment, pattern, warnings, ansible } = await planHosts(options, {
    source: options.source,
    signal,
  });
  requireDistinct(hosts);
  const { app, source, exclude } = agreed(hosts);
  refuseCredentials(source);
  const resumed = options.resume ? lastRun({ app, environment }) : undefined;
  const going = resumed === undefined ? { hosts, warnings: [] } : resumeWith(hosts, resumed);
  const wishes = hosts.map(({ name, settings }) => ({ name, via: settings.via }));
  return {
    app,
    environment,
    pattern,
    source: /^git[:+]/.test(source) ? source : resolve(source),
    exclude,
    release: resumed?.release ?? options.release,
    forks,
    via: agreedVia(wishes, options.via),
    ...planRolling(options, { hosts, inventory }),
    ...{ breakLock: options.breakLock, lockWaitMs: waitOf(options) },
    owner: ownerName(),
    metrics: options.metrics ?? hosts[0]?.settings.metrics,
    playbooks: await planPlaybooks(options, { access: ansible, signal }),
    resumed,
    ...going,
    warnings: [...warnings, ...going.warnings],
  };
}

export type RollbackPlan = Rolling &
  Pick<
    DeployPlan,
    | "app"
    | "environment"
    | "pattern"
    | "hosts"
    | "forks"
    | "breakLock"
    | "lockWaitMs"
    | "owner"
    | "playbooks"
    | "release"
    | "metrics"
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
  const { inventory, hosts, forks, environment, pattern, words, ansible } = await planHosts(options, {
    source: "none",
    signal,
    patternWord: false,
  });
  requireDistinct(hosts);
  const apps = new Set(hosts.map(({ settings }) => settings.app));
  if (apps.size > 1) {
    throw new OpsError("setting", `these hosts run different apps: ${[...apps].join(", ")}`, {
      hint: "name one app's hosts with --limit",
    });
  }
  return {
    app: [...apps][0] ?? "",
    environment,
    pattern,
    hosts,
    forks,
    ...planRolling(options, { hosts, inventory }),
    ...{ breakLock: options.breakLock, lockWaitMs: waitOf(options) },
    owner: ownerName(),
    metrics: options.metrics ?? hosts[0]?.settings.metrics,
    playbooks: await planPlaybooks(options, { access: ansible, signal }),
    release: words[0],
  };
}

function waitOf({ lockWait }: Pick<RollbackOptions, "lockWait">): number | undefined {
  if (lockWait === undefined) return undefined;
  const ms = parseDuration(lockWait);
  if (ms !== undefined) return ms;
  throw new OpsError("usage", `--lock-wait wants a time such as 90s, 15m or 1h, not "${lockWait}"`);
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
