// Just bytes to hosts, without releases: what Murder's `peer` task and Herd do.
import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { fleetConfig } from "../config.ts";
import { OpsError } from "../errors.ts";
import { RECORD_FLAGS } from "../history/flags.ts";
import { FLEET_FLAGS, type Flag, type OwnUsage, type Parsed, parseOptions } from "../options.ts";
import { type SwarmSettings, swarmSettingsOf } from "../settings-of.ts";
import { targetOf } from "../ssh/target.ts";
import { peerOf, startPeers } from "../swarm/bootstrap.ts";
import type { Fleet, FleetHost } from "../swarm/fleet.ts";
import { groupOf, ownerName } from "./hosts.ts";
import type { Release } from "./open-release.ts";
import { readyHosts } from "./ready.ts";
import { startTransfer, uplinkFor } from "./transfer.ts";
import { agreedVia, VIA_FLAG, type Via } from "./via.ts";

const DISTRIBUTE_FLAGS = {
  ...FLEET_FLAGS,
  ...RECORD_FLAGS,
  exclude: { type: "list", value: "GLOB", help: "leave these out (repeatable)" },
  via: VIA_FLAG,
} as const satisfies Record<string, Flag>;

export interface DistributeHost extends FleetHost {
  readonly swarm: SwarmSettings;
}

export interface DistributePlan {
  /** How the operator named the inventory, and the hosts in it. */
  readonly environment: string;
  readonly pattern: string;
  /** user@host of whoever runs this. */
  readonly owner: string;
  /** Where the run's metrics go. */
  readonly metrics: string | undefined;
  readonly app: string;
  readonly source: string;
  readonly exclude: readonly string[];
  /** Folder on the hosts that the source's files go into. */
  readonly folder: string;
  /** Name a single file gets there; undefined for a folder's contents. */
  readonly fileName: string | undefined;
  readonly hosts: readonly DistributeHost[];
  readonly forks: number;
  readonly via: Via;
}

/**
 * Options of distribute.ts; `own` as in `bringOptions`.
 * @throws OpsError `usage`
 */
export function distributeOptions<const Own extends Record<string, Flag> = Record<never, Flag>>(
  argv: readonly string[],
  own: OwnUsage<Own> = {},
): Parsed<typeof DISTRIBUTE_FLAGS & Own> {
  return parseOptions(argv, {
    example: "bun scripts/distribute.ts prod web ./model.bin /srv/models/",
    about:
      "Brings a file, or what a folder holds, to every matching host by torrent. A file goes to DEST, or into it when it\nends in /; a folder's contents are merged into DEST: what is there and not in SRC stays.",
    words: "INVENTORY PATTERN SRC DEST",
    minWords: 3,
    maxWords: 4,
    ...own,
    flags: { ...DISTRIBUTE_FLAGS, ...own.flags } as typeof DISTRIBUTE_FLAGS & Own,
  });
}

/**
 * @throws OpsError `usage`, `source`, `inventory`, `pattern` or `setting`
 *
 * @example
 * const plan = await planDistribute(distributeOptions(["prod", "web", "./models", "/srv/models"]), { signal });
 */
export async function planDistribute(
  options: Parsed<typeof DISTRIBUTE_FLAGS>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DistributePlan> {
  const { inventory, hosts, forks, environment, pattern, words } = await fleetConfig(
    options,
    signal === undefined ? {} : { signal },
  );
  const [from, destination] = words;
  if (from === undefined || destination === undefined)
    throw new OpsError("usage", "distribute wants SRC and DEST", {
      hint: "for example: bun scripts/distribute.ts prod web ./model.bin /srv/models/",
    });
  if (!isAbsolute(destination))
    throw new OpsError("usage", `DEST "${destination}" is not absolute`, {
      hint: "name the place on the hosts in full",
    });
  const source = resolve(from);
  const found = await stat(source).catch((cause: unknown) => {
    throw new OpsError("source", `can't read ${source}: ${(cause as Error).message}`, {
      cause,
      hint: "name a file or folder on this machine",
    });
  });
  const single = found.isFile();
  const planned = hosts.map((host) => {
    const swarm = swarmSettingsOf(inventory, host);
    const { address, ports } = swarm;
    const target = targetOf(inventory, host);
    return { name: host.name, group: groupOf(host), target, reach: { address, ports }, swarm };
  });
  const wishes = planned.map(({ name, swarm }) => ({ name, via: swarm.via }));
  const into = destination.endsWith("/") || !single;
  return {
    environment,
    pattern,
    owner: ownerName(),
    metrics: options.metrics ?? planned[0]?.swarm.metrics,
    app: basename(source),
    source,
    exclude: options.exclude,
    folder: into ? destination.replace(/(.)\/+$/, "$1") : dirname(destination),
    fileName: single ? (into ? basename(source) : basename(destination)) : undefined,
    hosts: await readyHosts(planned, { signal }),
    forks,
    via: agreedVia(wishes, options.via),
  };
}

/** Starts peers, fetches the payload on every host and puts its files in their places. */
export async function distributeFiles(
  fleet: Fleet<DistributeHost>,
  { torrent, payload }: Release,
  { folder, via }: DistributePlan,
): Promise<void> {
  const { infohash, totalBytes, pieceLength, pieceHashes } = torrent;
  fleet.emit({
    type: "torrent",
    infohash,
    release: undefined,
    totalBytes,
    pieceLength,
    pieces: pieceHashes.length / 20,
  });
  // Beside its destination, so that putting it there is a rename; under the host's name, for hosts may share a disk.
  const incoming = ({ name }: { readonly name: string }) =>
    join(folder, `.rookery-incoming-${infohash.slice(0, 16)}-${name.replace(/[^\w.-]/g, "_")}`);
  await startPeers(fleet);
  await using swarm = await startTransfer(fleet, torrent, {
    via,
    uplink: await uplinkFor(fleet, torrent, { via, members: fleet.alive, limits: ({ swarm }) => swarm }),
    seedFrom: payload.path,
    members: fleet.alive,
    place: (host) => ({ folder: incoming(host), ...host.swarm }),
    ports: fleet.alive[0]?.swarm.ports,
  });
  await swarm.completed();
  await fleet.each(async (member) => {
    fleet.emit({ type: "status", host: member.name, status: "complete", detail: "writing files" });
    await peerOf(member).request(
      "place",
      { payload: incoming(member), destination: folder },
      { signal: fleet.signal },
    );
    await peerOf(member).request("leave", {}, { signal: fleet.signal });
    fleet.emit({ type: "status", host: member.name, status: "ok" });
  });
}
