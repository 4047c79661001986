// A release on its way to all hosts, until it is complete on every disk and nothing is switched yet.
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { contentBytes } from "../payload/layout.ts";
import { layoutOf } from "../release/layout.ts";
import type { HostReport } from "../release/types.ts";
import { peerOf, startPeers } from "../swarm/bootstrap.ts";
import type { ReleaseFacts } from "../swarm/events.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import type { BackChoice } from "./bring-back.ts";
import { type Choice, chooseRelease } from "./choose.ts";
import type { PlannedHost } from "./hosts.ts";
import { type LockWish, lockAll } from "./lock-all.ts";
import type { Release } from "./open-release.ts";
import { runCommands } from "./release-commands.ts";
import { chooseRollback } from "./rollback.ts";
import { lackOfRoom, noRoom } from "./room.ts";
import { expectedReuse, stageAll } from "./stage.ts";
import { startTransfer, uplinkFor } from "./transfer.ts";
import type { Via } from "./via.ts";

type DeployFleet = Fleet<PlannedHost>;

/** Names the release and finds what hosts hold of it already; hosts that run it are done, those without room are out. */
export function chooseFor(fleet: DeployFleet, release: Release): Choice {
  const { payload, torrent, tree, id: wanted } = release;
  requireReached(fleet);
  const { infohash, totalBytes, pieceLength } = torrent;
  const choice = chooseRelease(reportsOf(fleet), { tree, wanted });
  const pieces = torrent.pieceHashes.length / 20;
  const { revision } = payload;
  fleet.emit({ type: "release", release: choice.id, infohash, tree, revision });
  fleet.emit({ type: "torrent", infohash, release: choice.id, totalBytes, pieces, pieceLength });
  for (const member of fleet.alive.filter(({ name }) => choice.running.has(name))) {
    fleet.emit({ type: "status", host: member.name, status: "ok", detail: `already runs ${choice.id}` });
  }
  const lacking = fleet.alive.filter(({ name }) => !choice.holding.has(name));
  failWithoutRoom(fleet, release, lacking);
  return choice;
}

/** Hosts that can't have the release for want of room are failed rows. */
export function failWithoutRoom(
  fleet: DeployFleet,
  release: Release,
  members: readonly Member<PlannedHost>[],
): void {
  for (const member of members) {
    const report = member.survey?.report;
    if (report === undefined) continue;
    const reusesBytes = expectedReuse(member, release);
    const lack = lackOfRoom(report, release.payload.manifest, { reusesBytes });
    if (lack !== undefined) fleet.fail(member, noRoom(member.name, member.settings.deployTo, lack));
  }
}

/** Names the release to go back to, and who holds it; hosts at it are done. */
export function chooseBack(
  fleet: DeployFleet,
  { release }: { readonly release: string | undefined },
): BackChoice {
  requireReached(fleet);
  const reports = reportsOf(fleet);
  const { id, running, lacking } = chooseRollback(reports, release);
  fleet.emit({ type: "release", release: id, ...factsOf(reports, id) });
  for (const { name } of fleet.alive.filter(({ name }) => running.has(name)))
    fleet.emit({ type: "status", host: name, status: "ok", detail: `already runs ${id}` });
  const holding = [...reports.keys()].filter((name) => !running.has(name) && !lacking.has(name));
  return { id, running, holding: new Set(holding) };
}

/** What hosts that hold release `id` say of it. */
function factsOf(reports: ReadonlyMap<string, HostReport>, id: string): ReleaseFacts {
  const held = [...reports.values()].flatMap(({ releases }) => releases.find((each) => each.id === id) ?? []);
  const { infohash, tree, revision } = held[0] ?? {};
  return { infohash, tree, revision };
}

function requireReached(fleet: DeployFleet): void {
  if (fleet.alive.length > 0) return;
  throw new OpsError("unreachable", "nothing was done: no host could be looked at");
}

export function reportsOf(fleet: DeployFleet): Map<string, HostReport> {
  return new Map(
    fleet.alive.flatMap(({ name, survey }) =>
      survey?.report === undefined ? [] : [[name, survey.report] as const],
    ),
  );
}

/** Starts peers, locks, and brings the payload to every host that lacks the release. */
export async function distributeRelease(
  fleet: DeployFleet,
  release: Release,
  choice: Choice,
  { via = "auto", ...lock }: LockWish & { readonly via?: Via },
): Promise<void> {
  await fleet.phase("distribute", async () => {
    const lacking = () => fleet.alive.filter(({ name }) => !choice.holding.has(name));
    await startPeers(fleet);
    const measuring = uplinkFor(fleet, release.torrent, {
      via,
      members: lacking(),
      limits: ({ settings }) => settings,
      reused: (member) => expectedReuse(member, release),
    });
    await lockAll(fleet, lock, { infohash: release.torrent.infohash });
    const uplink = await measuring;
    for (const { name } of fleet.alive.filter(({ name }) => choice.holding.has(name))) {
      fleet.emit({ type: "status", host: name, status: "complete", detail: "held already" });
    }
    if (lacking().length === 0) return;
    const payload = ({ settings }: Member<PlannedHost>) => incoming(settings.deployTo, release);
    const reused = await stageAll(fleet, release, { members: lacking(), payload });
    const ports = fleet.alive[0]?.settings.ports;
    await using swarm = await startTransfer(fleet, release.torrent, {
      via,
      uplink,
      seedFrom: release.payload.path,
      members: lacking(),
      reused: (member) => reused.get(member) ?? 0,
      place: ({ settings }) => ({
        folder: incoming(settings.deployTo, release),
        address: settings.address,
        ports: settings.ports,
        zone: settings.zone,
        seeders: settings.seeders,
        maxUpload: settings.maxUpload,
        maxDownload: settings.maxDownload,
      }),
      ports,
    });
    await swarm.completed();
  });
}

/** Unpacks into `releases/<id>` where it isn't held yet (complete, or not there at all), and runs before-activate commands. */
export async function prepareAll(
  fleet: DeployFleet,
  { torrent, payload }: Release,
  { id, holding }: Pick<Choice, "id" | "holding">,
  { members = fleet.alive }: { readonly members?: readonly Member<PlannedHost>[] } = {},
): Promise<void> {
  const prepare = async (member: Member<PlannedHost>) => {
    const { deployTo, sharedPaths, sharedFiles, beforeActivate } = member.settings;
    const { signal } = fleet;
    if (!holding.has(member.name)) {
      fleet.emit({ type: "status", host: member.name, status: "complete", detail: "unpacking" });
      const source = {
        id,
        contentBytes: contentBytes(payload.manifest),
        infohash: torrent.infohash,
        payload: incoming(deployTo, { torrent }),
        revision: payload.revision,
      };
      await peerOf(member).request("install", { deployTo, ...source, sharedPaths, sharedFiles }, { signal });
      await peerOf(member).request("leave", {}, { signal });
    }
    await runCommands(fleet, member, id, beforeActivate, "rookery_before_activate");
    fleet.emit({ type: "status", host: member.name, status: "prepared" });
  };
  await fleet.each(prepare, { members });
}

/** Where a host keeps the payload while it is fetched: on the disk of its releases. */
function incoming(deployTo: string, { torrent }: Pick<Release, "torrent">): string {
  return join(layoutOf(deployTo).incoming, torrent.infohash);
}
