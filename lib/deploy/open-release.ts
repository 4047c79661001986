// A release on the control host: source packed into a payload, payload made into a torrent, both in a folder that goes again.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { packSource } from "../payload/pack.ts";
import { openSource, type Source } from "../payload/source.ts";
import { treeDigest } from "../payload/tree.ts";
import type { Payload } from "../payload/types.ts";
import type { Fleet } from "../swarm/fleet.ts";
import { temporaryFolder } from "../temporary.ts";
import { createTorrent } from "../torrent/create.ts";
import { pieceLength } from "../torrent/piece-length.ts";
import type { Torrent } from "../torrent/types.ts";
import { chooseBase } from "./base.ts";
import type { Base, BaseHost } from "./host-tree.ts";

/** A release packed on this machine, as a torrent; disposing removes what was packed. */
export interface Release extends AsyncDisposable {
  readonly app: string;
  /** Id asked for; undefined: `chooseRelease` names it. */
  readonly id: string | undefined;
  readonly payload: Payload;
  /** What it is, however it is laid out: 64 hex digits. */
  readonly tree: string;
  /** The release it is laid out by: what that has comes first. Undefined: all of it is new. */
  readonly base: Base | undefined;
  readonly torrent: Torrent;
}

/** 64 KiB of hashes, 43 KiB of them for each half of a GB: less than a second of anybody's uplink to a hundred hosts. */
const MAX_PIECES = 2048;

export interface ReleaseSource {
  readonly app: string;
  readonly source: string;
  readonly exclude: readonly string[];
  readonly release?: string | undefined;
  /** What a single file is called on the hosts; its own name otherwise. */
  readonly fileName?: string | undefined;
}

/**
 * Lists a source, so that one that can't be deployed is refused before any host is touched.
 * @throws OpsError `source` when it can't be read or is empty, `tool`, `disk-full`
 */
export function openSourceOf(
  fleet: Fleet,
  { source, exclude, fileName }: Pick<ReleaseSource, "source" | "exclude" | "fileName">,
): Promise<Source> {
  return openSource(source, { exclude, fileName, signal: fleet.signal });
}

/**
 * Packs a source and makes its torrent: the same tree, after the same release, gives the same infohash, wherever and
 * whenever it is packed. What most hosts run already comes first in it, so that they fetch the rest only.
 * @throws OpsError `source` when it can't be read or is empty, `disk-full` when the temporary folder is
 */
export async function openRelease(
  fleet: Fleet<BaseHost>,
  wish: ReleaseSource,
  source?: Source,
): Promise<Release> {
  return fleet.phase("pack", async () => packRelease(fleet, wish, { source, base: await chooseBase(fleet) }));
}

/** `openRelease` without its phase: of a source that is open already, laid out by `base`. */
export async function packRelease(
  fleet: Fleet,
  wish: ReleaseSource,
  { source: given, base }: { readonly source: Source | undefined; readonly base: Base | undefined },
): Promise<Release> {
  const { signal } = fleet;
  const { app, release: id } = wish;
  await using stack = new AsyncDisposableStack();
  const folder = await temporaryFolder("release");
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await using opened = given === undefined ? await openSourceOf(fleet, wish) : undefined;
  const source = given ?? (opened as Source);
  const payload = await packSource(source, { folder: join(folder, "payload"), base: base?.entries, signal });
  for (const warning of payload.warnings) fleet.note(warning, { level: "warning" });
  const tree = treeDigest(payload.manifest.entries);
  const torrent = await createTorrent(payload.path, {
    name: app,
    pieceLength: pieceLengthFor(payload),
    signal,
  });
  const kept = stack.move();
  return { app, id, payload, tree, base, torrent, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/**
 * Hosts that have what is kept pass on only the rest, so that is what must be many pieces; yet every host is sent the
 * hashes of all, 20 bytes each.
 */
function pieceLengthFor({ totalBytes, manifest: { keptBytes } }: Payload): number {
  const travelling = Math.max(1, totalBytes - keptBytes);
  return Math.max(pieceLength(travelling), pieceLength(totalBytes, { maxPieces: MAX_PIECES }));
}
