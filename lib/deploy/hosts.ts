// The hosts of a run, with what the inventory says of each. Touches no network.
import { hostname } from "node:os";
import { unservedVars } from "../ansistrano.ts";
import { type FleetConfig, type FleetFlags, fleetConfig } from "../config.ts";
import type { Host } from "../inventory/types.ts";
import type { HostSettings } from "../settings.ts";
import { settingsOf } from "../settings-of.ts";
import { sshEnvironment } from "../ssh/environment.ts";
import { targetOf } from "../ssh/target.ts";
import type { FleetHost } from "../swarm/fleet.ts";
import { readyHosts } from "./ready.ts";

/** One host of a plan, ready to be part of a fleet. */
export interface PlannedHost extends FleetHost {
  readonly settings: HostSettings;
}

/** The hosts of a run in inventory order, and where they are from. */
export interface PlannedFleet extends Omit<FleetConfig, "hosts"> {
  readonly hosts: readonly PlannedHost[];
  readonly warnings: readonly string[];
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
): Promise<PlannedFleet> {
  const { hosts, ...config } = await fleetConfig(flags, {
    patternWord,
    ...(signal === undefined ? {} : { signal }),
  });
  const { inventory } = config;
  const planned = hosts.map((host) => {
    const settings = settingsOf(inventory, host, { source });
    const { address, ports } = settings;
    const target = targetOf(inventory, host);
    return { name: host.name, group: groupOf(host), target, reach: { address, ports }, settings };
  });
  const unserved = new Set(hosts.flatMap((host) => unservedVars(inventory, host)));
  const warnings = [...inventory.warnings, ...unserved];
  const ready = await readyHosts(planned, { signal });
  return { ...config, hosts: ready, warnings };
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
