// A rollback where some hosts lack the release: those that hold it give it, and it is the same on all of them.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import type { Payload } from "../payload/types.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import { temporaryFolder } from "../temporary.ts";
import { printable } from "../torrent/paths.ts";
import { plural } from "../ui/format.ts";
import { chooseBase } from "./base.ts";
import { distributeRelease, failWithoutRoom, prepareAll } from "./bring.ts";
import { type Base, readHostTree } from "./host-tree.ts";
import type { PlannedHost } from "./hosts.ts";
import type { LockWish } from "./lock-all.ts";
import { packRelease, type Release } from "./open-release.ts";
import { incomplete, pullRelease } from "./pull.ts";
import { agreedVia } from "./via.ts";

type DeployFleet = Fleet<PlannedHost>;
type DeployMember = Member<PlannedHost>;

/** What a rollback goes to, and who has it. */
export interface BackChoice {
  readonly id: string;
  /** Hosts that hold it complete, but run another. */
  readonly holding: ReadonlySet<string>;
  /** Hosts that run it already. */
  readonly running: ReadonlySet<string>;
}

/** Holders that are asked for it, one after the other. */
const MAX_TRIES = 3;
const NAMED_FILES = 3;

/**
 * Brings the release to the hosts that lack it, from one that holds it: checked against what was deployed there, through
 * a swarm or over SSH as a deploy would, and unpacked. Nothing is switched. Where no host can give it whole, those that
 * lack it are failed rows that say so.
 */
export async function bringBack(fleet: DeployFleet, choice: BackChoice, plan: LockWish): Promise<void> {
  const lacking = () => fleet.alive.filter(({ name }) => !choice.holding.has(name));
  if (lacking().length === 0) return;
  fleet.note(
    `release ${choice.id} is missing on ${plural(lacking().length, "host")}: it comes from one that holds it`,
  );
  await using release = await fleet.phase("pack", () => openHeld(fleet, choice, plan));
  if (release === undefined) return;
  const { infohash, totalBytes, pieceLength, pieceHashes } = release.torrent;
  const pieces = pieceHashes.length / 20;
  fleet.emit({ type: "torrent", infohash, release: choice.id, totalBytes, pieces, pieceLength });
  failWithoutRoom(fleet, release, lacking());
  if (lacking().length === 0) return;
  const via = agreedVia(
    lacking().map(({ name, settings }) => ({ name, via: settings.via })),
    undefined,
  );
  await distributeRelease(fleet, release, choice, { ...plan, via });
  await prepareAll(fleet, release, choice, { members: lacking() });
}

/** What a rollback would do, in a sentence. */
export function previewBack(fleet: DeployFleet, { id, holding }: BackChoice): string {
  const fetching = fleet.alive.filter(({ name }) => !holding.has(name)).length;
  const more = fetching === 0 ? "" : `, ${fetching} of them would fetch it`;
  return `checked, nothing was changed: ${fleet.alive.length} hosts would go back to ${id}${more}`;
}

/** The release from the first host that gives it whole; undefined once all that lack it have failed. */
async function openHeld(
  fleet: DeployFleet,
  { id, holding, running }: BackChoice,
  { app }: LockWish,
): Promise<Release | undefined> {
  const holders = fleet.members.filter(
    ({ name, connection }) => connection !== undefined && (holding.has(name) || running.has(name)),
  );
  // Another tool's release can't be checked: those of ours come first.
  const ours = (member: DeployMember) => (treeOf(member, id) === undefined ? 1 : 0);
  const base = await chooseBase(fleet);
  const reasons: OpsError[] = [];
  for (const member of holders.toSorted((a, b) => ours(a) - ours(b)).slice(0, MAX_TRIES)) {
    try {
      return await openFrom(fleet, member, { id, app, base });
    } catch (error) {
      fleet.signal.throwIfAborted();
      if (!(error instanceof OpsError)) throw error;
      fleet.note(error.message, { level: "warning", host: member.name });
      reasons.push(error);
    }
  }
  const others =
    holders.length > 1 ? `none of the ${plural(holders.length, "host")} that hold it` : holders[0]?.name;
  for (const member of fleet.alive.filter(({ name }) => !holding.has(name))) {
    const message = `does not hold release ${id}, and ${others ?? "no host"} can give it whole`;
    fleet.fail(member, new OpsError("release", message, { hint: reasons[0]?.message, cause: reasons[0] }));
  }
  return undefined;
}

async function openFrom(
  fleet: DeployFleet,
  member: DeployMember,
  { id, app, base }: { readonly id: string; readonly app: string; readonly base: Base | undefined },
): Promise<Release> {
  const { signal } = fleet;
  const tree = treeOf(member, id);
  const held = tree === undefined ? undefined : await readHostTree(member, { id, tree }, { signal });
  const folder = await temporaryFolder("pulled");
  try {
    const pulling = { id, entries: held?.entries, tar: join(folder, "release.tar"), signal };
    await using source = await pullRelease(fleet, member, pulling);
    const revision = member.survey?.report?.releases.find((release) => release.id === id)?.revision;
    const wish = { app, source: `release ${id}`, exclude: [], release: id };
    const release = await packRelease(fleet, wish, { source: { ...source, revision }, base });
    if (held === undefined || release.tree === held.tree) return release;
    await release[Symbol.asyncDispose]();
    throw incomplete(id, member.name, changed(held, release.payload));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function treeOf({ survey }: DeployMember, id: string): string | undefined {
  return survey?.report?.releases.find((release) => release.id === id)?.tree;
}

/** Which files are not what was deployed. */
function changed({ entries }: Base, { manifest }: Payload): string {
  const hashes = new Map(
    manifest.entries.map((entry) => [entry.path, entry.type === "file" && entry.sha256]),
  );
  const files = entries.flatMap((entry) =>
    entry.type === "file" && hashes.get(entry.path) !== entry.sha256 ? [printable(entry.path)] : [],
  );
  const more = files.length > NAMED_FILES ? ` and ${files.length - NAMED_FILES} more` : "";
  return `${files.slice(0, NAMED_FILES).join(", ")}${more} changed since it was deployed`;
}
