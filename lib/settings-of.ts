// The settings of a host, read from its vars.
import { OpsError } from "./errors.ts";
import type { Host, Inventory } from "./inventory/types.ts";
import { type HostSettings, SETTINGS, type Setting } from "./settings.ts";

/**
 * The settings of one host, over them what flags said.
 * @throws OpsError `setting` naming var, file and host
 */
export function settingsOf(
  inventory: Inventory,
  host: Host,
  flags: { readonly source?: string | undefined } = {},
): HostSettings {
  const known: Record<string, unknown> = flags.source === undefined ? {} : { source: flags.source };
  for (const [name, setting] of Object.entries(SETTINGS) as [keyof HostSettings, Setting<unknown>][]) {
    if (known[name] === undefined)
      known[name] = readSetting(inventory, host, setting, known as Partial<HostSettings>);
  }
  return known as unknown as HostSettings;
}

/** What a swarm needs to know of a host, for runs that have no releases. */
export type SwarmSettings = Pick<
  HostSettings,
  "address" | "ports" | "via" | "zone" | "seeders" | "maxUpload" | "maxDownload" | "metrics"
>;

/** @throws OpsError `setting` naming var, file and host */
export function swarmSettingsOf(inventory: Inventory, host: Host): SwarmSettings {
  const { address, ports, via, zone, seeders, maxUpload, maxDownload, metrics } = SETTINGS;
  const read = <T>(setting: Setting<T>) => readSetting(inventory, host, setting, {});
  return {
    address: read(address),
    ports: read(ports),
    via: read(via),
    zone: read(zone),
    seeders: read(seeders),
    maxUpload: read(maxUpload),
    maxDownload: read(maxDownload),
    metrics: read(metrics),
  };
}

/** Ansistrano's `ansistrano_deploy_via: git`, unless `rookery_source` says otherwise. */
function gitSource(inventory: Inventory, host: Host): string | undefined {
  if (inventory.value(host, "rookery_source") !== undefined) return undefined;
  if (inventory.value(host, "ansistrano_deploy_via") !== "git") return undefined;
  const repository = inventory.value(host, "ansistrano_git_repo");
  // Ansistrano's own default.
  const branch = inventory.value(host, "ansistrano_git_branch") ?? "master";
  if (typeof repository !== "string") return undefined;
  const folder = String(inventory.value(host, "ansistrano_git_repo_tree") ?? "").replace(/^\/+|\/+$/g, "");
  return `git+${repository}#${branch}${folder === "" ? "" : `:${folder}`}`;
}

function readSetting<T>(
  inventory: Inventory,
  host: Host,
  setting: Setting<T>,
  known: Partial<HostSettings>,
): T {
  const git = setting === SETTINGS.source ? gitSource(inventory, host) : undefined;
  if (git !== undefined) return git as T;
  const names = [setting.var, ...(setting.ansistrano === undefined ? [] : [setting.ansistrano])];
  for (const name of names) {
    const value = inventory.value(host, name);
    if (value === undefined || value === null) continue;
    const origin = inventory.origin(host, name);
    const where = origin === undefined ? "" : ` (set in ${origin})`;
    const fail = (problem: string, hint?: string): never => {
      throw new OpsError("setting", `${name} ${problem}, not ${JSON.stringify(value)}${where}`, {
        host: host.name,
        hint: hint ?? `${name}: ${setting.help}`,
      });
    };
    return setting.read({ name, value }, fail);
  }
  if (setting.fallback !== undefined) return setting.fallback(known);
  throw new OpsError("setting", `${setting.var} is not set`, {
    host: host.name,
    hint: `set it in group_vars, for example group_vars/${host.groups[0] ?? "all"}.yml (${setting.help})`,
  });
}
