// Which hosts to look at, and whatever is wrong with their settings: every one of them, not just the first.
import { fleetConfig } from "../config.ts";
import { deployOptions } from "../deploy/flags.ts";
import { planDeploy } from "../deploy/plan.ts";
import { readyHosts } from "../deploy/ready.ts";
import { OpsError } from "../errors.ts";
import type { Host, Inventory } from "../inventory/types.ts";
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "../options.ts";
import { type HostSettings, SETTINGS } from "../settings.ts";
import { settingsOf } from "../settings-of.ts";
import { targetOf } from "../ssh/target.ts";
import type { Target } from "../ssh/types.ts";
import { about, type Finding } from "./finding.ts";

const DOCTOR_FLAGS = {
  ...FLEET_FLAGS,
  source: {
    type: "text",
    short: "s",
    value: "FROM",
    help: "folder, tarball, file or git:REF, over rookery_source",
  },
} as const satisfies Record<string, Flag>;

export type DoctorOptions = Parsed<typeof DOCTOR_FLAGS>;

/** A host to look at; what is undefined is what was set wrongly. */
export interface DoctorHost {
  readonly name: string;
  readonly target: Target | undefined;
  readonly deployTo: string | undefined;
  readonly sharedFiles: readonly string[];
  readonly address: string | undefined;
  readonly ports: HostSettings["ports"];
}

export interface DoctorPlan {
  readonly hosts: readonly DoctorHost[];
  readonly forks: number;
  /** undefined while the settings don't agree on one. */
  readonly release: { readonly source: string; readonly exclude: readonly string[] } | undefined;
  /** What inventory and settings alone bring to light. */
  readonly findings: readonly Finding[];
}

/** Options of doctor.ts. */
export function doctorOptions(argv: readonly string[]): DoctorOptions {
  return parseOptions(argv, {
    example: "bun scripts/doctor.ts prod",
    about:
      "Looks for what would stop a deploy: settings, source, SSH, disks, locks, ports, on every host and on this\nmachine. Changes nothing anywhere. -v shows all that was found, not only what is wrong.",
    words: "INVENTORY [PATTERN]",
    maxWords: 2,
    flags: DOCTOR_FLAGS,
  });
}

/** @throws OpsError `usage`, `inventory` or `pattern`; bad settings are findings */
export async function planDoctor(
  options: DoctorOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DoctorPlan> {
  const { inventory, hosts, forks } = await fleetConfig(options, signal === undefined ? {} : { signal });
  const findings: Finding[] = [];
  const planned = hosts.map((host): DoctorHost => {
    const say = about("settings", host.name);
    const attempt = <T>(read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof OpsError)) throw error;
        findings.push(say("fail", withoutHost(error, host.name), error.hint));
        return undefined;
      }
    };
    const before = findings.length;
    const target = attempt(() => targetOf(inventory, host));
    const settings: Partial<Record<keyof HostSettings, unknown>> = {};
    for (const name of Object.keys(SETTINGS) as (keyof HostSettings)[])
      settings[name] = attempt(() => oneSetting(name, inventory, host, options.source));
    if (findings.length === before) findings.push(say("ok", "every setting can be read"));
    const { deployTo, sharedFiles = [], address, ports } = settings as Partial<HostSettings>;
    return { name: host.name, target, deployTo, sharedFiles, address, ports };
  });
  const release = findings.some(({ level }) => level === "fail")
    ? undefined
    : await deployPlan(options, findings, signal);
  return { hosts: await readyHosts(planned, { signal }), forks, release, findings };
}

/**
 * One setting as `settingsOf` reads it, whatever is wrong with the others: their vars look unset, or well set where they
 * must be.
 */
function oneSetting<Name extends keyof HostSettings>(
  name: Name,
  inventory: Inventory,
  host: Host,
  source: string | undefined,
): HostSettings[Name] {
  const others = Object.entries(SETTINGS).flatMap(([other, { var: own, ansistrano }]) =>
    other === name ? [] : [own, ansistrano],
  );
  const view: Inventory = {
    ...inventory,
    origin: (_, asked) => inventory.origin(host, asked),
    value: (_, asked) => {
      if (!others.includes(asked as `rookery_${string}`)) return inventory.value(host, asked);
      return asked === SETTINGS.deployTo.var ? "/srv/app" : undefined;
    },
  };
  return settingsOf(view, host, { source: name === "source" ? source : "." })[name];
}

/** What the whole of a deploy would be; its own complaint (hosts that want different releases) becomes a finding. */
async function deployPlan(options: DoctorOptions, findings: Finding[], signal: AbortSignal | undefined) {
  const say = about("settings");
  try {
    const plan = await planDeploy(
      { ...deployOptions([]), ...options, check: true },
      signal === undefined ? {} : { signal },
    );
    for (const warning of plan.warnings) findings.push(say("warn", warning));
    return { source: plan.source, exclude: plan.exclude };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    findings.push(say("fail", error.message, error.hint));
    return undefined;
  }
}

function withoutHost({ message }: OpsError, host: string): string {
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}
