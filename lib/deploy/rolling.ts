// How hosts are switched: in which batches, what may fail, what then. Touches no network.
import { hasTerminal } from "../ask.ts";
import { parseDuration } from "../duration.ts";
import { OpsError } from "../errors.ts";
import type { Inventory } from "../inventory/types.ts";
import type { Flag, Parsed } from "../options.ts";
import { type BatchSize, parseSerial } from "../serial.ts";
import type { HostSettings } from "../settings.ts";
import { type Allowance, parseAllowance, parsePercentage } from "./allowance.ts";

/** What is done when a batch fails. */
export const ON_FAILURE = ["stop", "rollback", "rollback-all", "continue"] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

export interface Rolling {
  readonly serial: readonly BatchSize[];
  /** Names of the hosts of a first batch of their own. */
  readonly canary: readonly string[];
  /** Of a batch; undefined: no bound. */
  readonly maxFailPercentage: number | undefined;
  /** Of all hosts of the run. */
  readonly allowance: Allowance;
  readonly onFailure: OnFailure;
  /** Between batches: until somebody says so, or so many milliseconds; undefined: not at all. */
  readonly pause: "ask" | number | undefined;
}

export const ROLLING_FLAGS = {
  serial: {
    type: "text",
    value: "SIZES",
    help: "hosts switched at a time, as Ansible's: 2, 30%, or 1,5,30%; over rookery_serial",
  },
  canary: { type: "text", value: "PATTERN", help: "these hosts are the first batch" },
  maxFailPercentage: {
    type: "text",
    value: "N",
    help: "a batch may lose so many per cent of its hosts, over rookery_max_fail_percentage",
  },
  allowFailures: {
    type: "text",
    value: "N|N%",
    help: "the run may lose so many of all hosts (--max-fail-percentage, else 0)",
  },
  onFailure: {
    type: "text",
    value: "WHAT",
    help: "a batch fails: stop, rollback (that batch), rollback-all, or continue (stop)",
  },
  pause: {
    type: "text",
    value: "[TIME]",
    bare: { means: "ask", unless: /^\d/ },
    help: "between batches: wait for a key, or so long (30s)",
  },
} as const satisfies Record<string, Flag>;

interface RollingHost {
  readonly name: string;
  readonly settings: Pick<HostSettings, "serial" | "maxFailPercentage">;
}

/**
 * What flags say, else the vars, on which all hosts must agree.
 * @throws OpsError `usage`, `setting` when hosts differ, `pattern` for a canary that is nobody
 */
export function planRolling(
  options: Parsed<typeof ROLLING_FLAGS>,
  { hosts, inventory }: { readonly hosts: readonly RollingHost[]; readonly inventory: Inventory },
): Rolling {
  const { serial, maxFailPercentage } = options;
  const percentage =
    maxFailPercentage === undefined
      ? agreedValue(hosts, "maxFailPercentage", "rookery_max_fail_percentage")
      : (parsePercentage(maxFailPercentage) ??
        wrong("--max-fail-percentage", "a percentage from 0 to 100", maxFailPercentage));
  return {
    serial:
      serial === undefined
        ? (agreedValue(hosts, "serial", "rookery_serial") ?? [])
        : (parseSerial(serial) ??
          wrong("--serial", "numbers or percentages of hosts (2, 30%, 1,5,30%)", serial)),
    canary: canaryOf(options.canary, { hosts, inventory }),
    maxFailPercentage: percentage,
    allowance: parseAllowance(options.allowFailures, percentage),
    onFailure: onFailureOf(options.onFailure),
    pause: pauseOf(options.pause),
  };
}

function onFailureOf(text: string | undefined): OnFailure {
  const known = ON_FAILURE.find((word) => word === (text ?? "stop"));
  return known ?? wrong("--on-failure", ON_FAILURE.join(", "), text);
}

function pauseOf(text: string | undefined): Rolling["pause"] {
  if (text === undefined) return undefined;
  if (text !== "ask") return parseDuration(text) ?? wrong("--pause", "a time such as 30s or 5m", text);
  if (hasTerminal()) return "ask";
  throw new OpsError("usage", "--pause waits for a key, and there is no terminal to press it on", {
    hint: "give a time: --pause 30s",
  });
}

function canaryOf(
  pattern: string | undefined,
  { hosts, inventory }: { readonly hosts: readonly RollingHost[]; readonly inventory: Inventory },
): readonly string[] {
  if (pattern === undefined) return [];
  const named = new Set(inventory.match(pattern).map(({ name }) => name));
  const canary = hosts.map(({ name }) => name).filter((name) => named.has(name));
  if (canary.length > 0 || hosts.length === 0) return canary;
  throw new OpsError("pattern", `no host of this run matches --canary ${pattern}`, {
    hint: "name some of the hosts that are deployed to",
  });
}

function agreedValue<Name extends keyof RollingHost["settings"]>(
  hosts: readonly RollingHost[],
  name: Name,
  setting: string,
): RollingHost["settings"][Name] | undefined {
  const [first] = hosts;
  const text = (host: RollingHost) => JSON.stringify(host.settings[name]);
  const other = first && hosts.find((host) => text(host) !== text(first));
  if (other === undefined) return first?.settings[name];
  throw new OpsError("setting", `${setting} is not the same for ${first?.name} and ${other.name}`, {
    hint: `set it for all of them, or give --${setting.replace("rookery_", "").replaceAll("_", "-")}`,
  });
}

function wrong(flag: string, wanted: string, given: string | undefined): never {
  throw new OpsError("usage", `${flag} wants ${wanted}, not "${given}"`);
}
