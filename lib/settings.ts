// Per-host settings: ordinary inventory vars, the Ansistrano ones of the same meaning, or defaults. One table.
import { basename, isAbsolute, normalize } from "node:path";
import { OpsError } from "./errors.ts";
import type { Host, Inventory, Value } from "./inventory/types.ts";
import type { PortRange } from "./peer/protocol.ts";
import { pathProblem } from "./torrent/paths.ts";

export interface HostSettings {
  readonly app: string;
  /** Folder, tarball, single file or `git:REF`; the same for all hosts of a deploy. */
  readonly source: string;
  /** Absolute, normalized. */
  readonly deployTo: string;
  /** 0 keeps all. */
  readonly keepReleases: number;
  readonly sharedPaths: readonly string[];
  readonly sharedFiles: readonly string[];
  readonly exclude: readonly string[];
  readonly beforeActivate: readonly string[];
  readonly afterActivate: readonly string[];
  /** The address other peers use; undefined: the one the control host reaches it by. */
  readonly address: string | undefined;
  readonly ports: PortRange | undefined;
}

/** Where a value was found, for messages. */
interface Found {
  readonly name: string;
  readonly value: Value | undefined;
}

type Read<T> = (found: Found, fail: (problem: string, hint?: string) => never) => T;

const text: Read<string> = ({ value }, fail) => {
  if (typeof value === "string" && value.trim() !== "") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return fail("wants a text");
};

/** Torrents and locks carry it as a name. */
const plainName: Read<string> = (found, fail) => {
  const name = text(found, fail);
  if (name.includes("/") || pathProblem(name) !== undefined || /\p{Cc}/u.test(name))
    return fail("wants a plain name, without slashes");
  return name;
};

const folder: Read<string> = (found, fail) => {
  const path = text(found, fail);
  if (!isAbsolute(path) || path.includes("\0")) return fail("wants an absolute path");
  const clean = normalize(path).replace(/(.)\/+$/, "$1");
  // A release folder that is `/` or `/srv` would put releases/ and the clean-up of old ones among strangers.
  if (clean.split("/").length < 3) return fail("wants a folder of its own, at least two levels deep");
  return clean;
};

const count: Read<number> = ({ value }, fail) => {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  return fail("wants a whole number, 0 or more");
};

const list: Read<readonly string[]> = ({ value, name }, fail) => {
  if (typeof value === "string") return value.trim() === "" ? [] : [value];
  if (!Array.isArray(value)) return fail("wants a list of texts");
  return value.map((item: Value, index) =>
    text({ name, value: item }, (problem) => fail(`item ${index + 1} ${problem}`)),
  );
};

const inside: Read<readonly string[]> = (found, fail) =>
  list(found, fail).map((path) => {
    const clean = normalize(path).replace(/\/+$/, "");
    if (isAbsolute(clean) || clean === "." || clean.split("/").includes(".."))
      return fail(`has "${path}", which is no path inside the release`);
    return clean;
  });

const ports: Read<PortRange | undefined> = (found, fail) => {
  const [, from, to = from] = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(text(found, fail).trim()) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (range.from >= 1 && range.to <= 65535 && range.from <= range.to) return range;
  return fail("wants a port range such as 6881-6999");
};

interface Setting<T> {
  readonly var: `rookery_${string}`;
  /** Ansistrano's var of the same meaning. */
  readonly ansistrano?: `ansistrano_${string}`;
  readonly read: Read<T>;
  /** Undefined: the setting must be there. */
  readonly fallback?: (known: Partial<HostSettings>) => T;
  readonly help: string;
}

/** Every setting, in the order of the README's table. `app` comes after `deployTo`, whose name it takes. */
export const SETTINGS: { readonly [Name in keyof HostSettings]: Setting<HostSettings[Name]> } = {
  source: {
    var: "rookery_source",
    ansistrano: "ansistrano_deploy_from",
    read: text,
    help: "folder, tarball, single file, `git:REF` or `git+URL#REF`",
  },
  deployTo: {
    var: "rookery_deploy_to",
    ansistrano: "ansistrano_deploy_to",
    read: folder,
    help: "folder on the host that holds releases/, shared/ and current",
  },
  app: {
    var: "rookery_app",
    read: plainName,
    fallback: ({ deployTo = "" }) => basename(deployTo),
    help: "name of what is deployed",
  },
  keepReleases: {
    var: "rookery_keep_releases",
    ansistrano: "ansistrano_keep_releases",
    read: count,
    fallback: () => 5,
    help: "good releases kept; 0 keeps all",
  },
  sharedPaths: {
    var: "rookery_shared_paths",
    ansistrano: "ansistrano_shared_paths",
    read: inside,
    fallback: () => [],
    help: "folders linked from shared/ into each release",
  },
  sharedFiles: {
    var: "rookery_shared_files",
    ansistrano: "ansistrano_shared_files",
    read: inside,
    fallback: () => [],
    help: "files linked from shared/ into each release",
  },
  exclude: {
    var: "rookery_exclude",
    read: list,
    fallback: () => [],
    help: "what stays out of the release, as glob patterns",
  },
  beforeActivate: {
    var: "rookery_before_activate",
    read: list,
    fallback: () => [],
    help: "commands run in the new release before it is switched to",
  },
  afterActivate: {
    var: "rookery_after_activate",
    read: list,
    fallback: () => [],
    help: "commands run in the release once it is current",
  },
  address: {
    var: "rookery_address",
    read: text,
    fallback: () => undefined,
    help: "address the other hosts reach this one by",
  },
  ports: {
    var: "rookery_ports",
    read: ports,
    fallback: () => ({ from: 6881, to: 6999 }),
    help: "TCP ports peers may listen on",
  },
};

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

/** Address and ports of one host, for runs that have no releases. */
export function swarmSettingsOf(inventory: Inventory, host: Host): Pick<HostSettings, "address" | "ports"> {
  const { address, ports } = SETTINGS;
  return {
    address: readSetting(inventory, host, address, {}),
    ports: readSetting(inventory, host, ports, {}),
  };
}

/** Ansistrano's `ansistrano_deploy_via: git`, unless `rookery_source` says otherwise. */
function gitSource(inventory: Inventory, host: Host): string | undefined {
  if (inventory.value(host, "rookery_source") !== undefined) return undefined;
  if (inventory.value(host, "ansistrano_deploy_via") !== "git") return undefined;
  const repository = inventory.value(host, "ansistrano_git_repo");
  // Ansistrano's own default.
  const branch = inventory.value(host, "ansistrano_git_branch") ?? "master";
  return typeof repository === "string" ? `git+${repository}#${branch}` : undefined;
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
