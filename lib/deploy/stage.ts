// What hosts have already, put where the release is made, before anything travels.
import { OpsError } from "../errors.ts";
import { diffTree } from "../payload/patch.ts";
import type { ReleaseInfo } from "../release/types.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import { printable } from "../torrent/paths.ts";
import { formatBytes, plural } from "../ui/format.ts";
import { type Base, findTree } from "./host-tree.ts";
import type { PlannedHost } from "./hosts.ts";
import type { Release } from "./open-release.ts";

type DeployMember = Member<PlannedHost>;

/** Releases beside the usual one that are built upon: each costs a way to a host for its list of files. */
const MAX_OTHER_TREES = 4;
const NAMED_FILES = 3;

/**
 * Every one of `members` begins the release with what its own releases have of it. One that can't, fetches everything.
 * Returns the bytes each need not fetch.
 */
export async function stageAll(
  fleet: Fleet<PlannedHost>,
  release: Release,
  {
    members,
    payload,
  }: {
    readonly members: readonly DeployMember[];
    /** Folder that a host fetches the payload into. */
    readonly payload: (member: DeployMember) => string;
  },
): Promise<ReadonlyMap<DeployMember, number>> {
  const patches = await patchesFor(fleet, release, members);
  return fleet.each(
    async (member) => {
      const base = baseOn(member, release);
      const patch = patches.get(base?.tree ?? "");
      if (base === undefined || patch === undefined) return 0;
      return stageOne(fleet, member, { release, base: base.id, patch, payload: payload(member) });
    },
    { members },
  );
}

interface HostStage {
  readonly release: Release;
  /** Id of a release on the host. */
  readonly base: string;
  /** In base64. */
  readonly patch: string;
  readonly payload: string;
}

async function stageOne(
  fleet: Fleet<PlannedHost>,
  member: DeployMember,
  { release, base, patch, payload }: HostStage,
): Promise<number> {
  const { tree, torrent } = release;
  const { deployTo, sharedPaths, sharedFiles, hardlinks } = member.settings;
  const ignore = [...sharedPaths, ...sharedFiles];
  const say = (detail: string) => fleet.emit({ type: "status", host: member.name, status: "ready", detail });
  say(`looking what ${base} has of it`);
  try {
    const asked = { deployTo, infohash: torrent.infohash, tree, base, patch, payload, ignore, hardlinks };
    const { coveredBytes, drifted } = await peerOf(member).request("stage", asked, { signal: fleet.signal });
    tellDrift(fleet, member, { id: base, drifted });
    say(`reusing ${formatBytes(coveredBytes)} of ${formatBytes(torrent.totalBytes)}`);
    return coveredBytes;
  } catch (error) {
    fleet.signal.throwIfAborted();
    if (!(error instanceof OpsError) || !fleet.alive.includes(member)) throw error;
    const message = `fetches everything, for its release ${base} is of no use: ${error.message}`;
    fleet.note(message, { level: "warning", host: member.name });
    return 0;
  }
}

/** Of a host's releases the one that has most of this one, as far as names tell: the same tree, the base, what it runs. */
export function baseOn({ survey }: DeployMember, { tree, base }: Release): ReleaseInfo | undefined {
  const { current, releases = [] } = survey?.report ?? {};
  const ours = releases.filter((release) => release.tree !== undefined);
  return (
    ours.find((release) => release.tree === tree) ??
    ours.find((release) => release.tree === base?.tree) ??
    ours.find((release) => release.id === current) ??
    ours.at(-1)
  );
}

/** Bytes of the payload that a host need not fetch, as far as names tell before anybody has looked. */
export function expectedReuse(member: DeployMember, release: Release): number {
  const { tree, base, payload } = release;
  const ours = baseOn(member, release)?.tree;
  const known = ours !== undefined && (ours === tree || ours === base?.tree);
  return known ? payload.manifest.keptBytes : 0;
}

/** Patches in base64, by the tree each is for. */
async function patchesFor(
  fleet: Fleet<PlannedHost>,
  release: Release,
  members: readonly DeployMember[],
): Promise<ReadonlyMap<string, string>> {
  const {
    payload: { manifest },
    tree,
    base,
  } = release;
  const wanting = Map.groupBy(members, (member) => baseOn(member, release)?.tree);
  wanting.delete(undefined);
  const known = new Map<string, Base>([[tree, { tree, entries: manifest.entries }]]);
  if (base !== undefined) known.set(base.tree, base);
  const others = [...wanting].filter(([wanted]) => wanted !== undefined && !known.has(wanted));
  others.sort(([, one], [, other]) => other.length - one.length);
  for (const [wanted = "", holders] of others.slice(0, MAX_OTHER_TREES)) {
    const found = await findTree(fleet, wanted, holders);
    if (found !== undefined) known.set(wanted, found);
  }
  return new Map(
    [...known.values()]
      .filter((each) => wanting.has(each.tree))
      .map(({ tree: of, entries }) => [of, Buffer.from(diffTree(entries, manifest)).toString("base64")]),
  );
}

/** Files changed by hand are not taken over, and worth a word. */
function tellDrift(
  fleet: Fleet<PlannedHost>,
  { name }: DeployMember,
  { id, drifted }: { readonly id: string; readonly drifted: readonly string[] },
): void {
  if (drifted.length === 0) return;
  const more = drifted.length > NAMED_FILES ? ", …" : "";
  const named = `${drifted.slice(0, NAMED_FILES).map(printable).join(", ")}${more}`;
  const message = `${plural(drifted.length, "file")} of its release ${id} changed since it was deployed, fetched anew: ${named}`;
  fleet.note(message, { level: "warning", host: name });
}
