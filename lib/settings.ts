// Per-host settings: ordinary inventory vars, the Ansistrano ones of the same meaning, or defaults. One table.
import { basename } from "node:path";
import { VIAS, type Via } from "./deploy/via.ts";
import type { PortRange } from "./peer/protocol.ts";
import { percentage, seconds, serial } from "./rolling-values.ts";
import type { BatchSize } from "./serial.ts";
import {
  count,
  folder,
  inside,
  list,
  path,
  plainName,
  ports,
  type Read,
  rate,
  text,
  yesOrNo,
} from "./setting-values.ts";

/** What a host's `rookery_*` vars say, or Ansistrano's of the same meaning, or the defaults. */
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
  /** Unchanged files may be hard links of an earlier release's. */
  readonly hardlinks: boolean;
  readonly beforeActivate: readonly string[];
  readonly afterActivate: readonly string[];
  /** Batch sizes; none: all hosts at once. The same for all hosts of a run, as is the percentage. */
  readonly serial: readonly BatchSize[];
  readonly maxFailPercentage: number | undefined;
  /** Commands, and http(s) URLs. */
  readonly health: readonly string[];
  /** After the first try. */
  readonly healthRetries: number;
  readonly healthDelaySeconds: number;
  /** Of one try. */
  readonly healthTimeoutSeconds: number;
  /** The address other peers use; undefined: the one the control host reaches it by. */
  readonly address: string | undefined;
  readonly ports: PortRange | undefined;
  /** How the payload gets there. */
  readonly via: Via;
  /** Hosts of one zone feed each other. */
  readonly zone: string;
  /** Hosts fed over SSH where this machine reaches none of a zone by TCP. */
  readonly seeders: number;
  /** Bytes a second; undefined: no bound. */
  readonly maxUpload: number | undefined;
  readonly maxDownload: number | undefined;
  /** A file or folder on this machine. */
  readonly metrics: string | undefined;
}

/** Where a setting is read from, and how. */
export interface Setting<T> {
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
  hardlinks: {
    var: "rookery_hardlinks",
    read: yesOrNo,
    fallback: () => false,
    help: "unchanged files are hard links of the earlier release's: for releases that nothing writes in",
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
  serial: {
    var: "rookery_serial",
    read: serial,
    fallback: () => [],
    help: "hosts switched at a time, as Ansible's serial: 2, 30%, or a list of them",
  },
  maxFailPercentage: {
    var: "rookery_max_fail_percentage",
    read: percentage,
    fallback: () => undefined,
    help: "per cent of a batch that may fail before no other is begun",
  },
  health: {
    var: "rookery_health",
    read: list,
    fallback: () => [],
    help: "commands and URLs that must be well before the next batch",
  },
  healthRetries: {
    var: "rookery_health_retries",
    read: count,
    fallback: () => 10,
    help: "how often a health check is tried again",
  },
  healthDelaySeconds: {
    var: "rookery_health_delay",
    read: seconds,
    fallback: () => 2,
    help: "time between two tries, in seconds or as 500ms, 1m",
  },
  healthTimeoutSeconds: {
    var: "rookery_health_timeout",
    read: (found, fail) => seconds(found, fail) || fail("wants some time"),
    fallback: () => 5,
    help: "time one try may take, in seconds or as 500ms, 1m",
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
  via: {
    var: "rookery_via",
    read: ({ value }, fail) => VIAS.find((via) => via === value) ?? fail("wants auto, swarm or ssh"),
    fallback: () => "auto",
    help: "auto, swarm or ssh: how the payload gets there",
  },
  zone: {
    var: "rookery_zone",
    read: text,
    fallback: () => "",
    help: "hosts of one zone feed each other; from zone to zone every byte goes once",
  },
  seeders: {
    var: "rookery_seeders",
    read: (found, fail) => count(found, fail) || fail("wants a whole number, 1 or more"),
    fallback: () => 2,
    help: "hosts of each zone fed over SSH, for the others, where only SSH leads to them",
  },
  maxUpload: {
    var: "rookery_max_upload",
    read: rate,
    fallback: () => undefined,
    help: "bytes a second to other hosts, such as 100Mbit or 12.5MB",
  },
  maxDownload: {
    var: "rookery_max_download",
    read: rate,
    fallback: () => undefined,
    help: "bytes a second from other hosts",
  },
  metrics: {
    var: "rookery_metrics",
    read: path,
    fallback: () => undefined,
    help: "file, or folder of files, on the control host that runs are told to Prometheus in",
  },
};
