// A release on the control host: source packed into a payload, payload made into a torrent, both in a folder that goes again.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { packSource } from "../payload/pack.ts";
import { openSource } from "../payload/source.ts";
import type { Payload } from "../payload/types.ts";
import type { Fleet } from "../swarm/fleet.ts";
import { temporaryFolder } from "../temporary.ts";
import { createTorrent } from "../torrent/create.ts";
import type { Torrent } from "../torrent/types.ts";

/** A release packed on this machine, as a torrent; disposing removes what was packed. */
export interface Release extends AsyncDisposable {
  readonly app: string;
  /** Id asked for; undefined: `chooseRelease` names it. */
  readonly id: string | undefined;
  readonly payload: Payload;
  readonly torrent: Torrent;
}

export interface ReleaseSource {
  readonly app: string;
  readonly source: string;
  readonly exclude: readonly string[];
  readonly release?: string | undefined;
  /** What a single file is called on the hosts; its own name otherwise. */
  readonly fileName?: string | undefined;
}

/**
 * Packs a source and makes its torrent: the same tree gives the same infohash, wherever and whenever it is packed.
 * @throws OpsError `source` when it can't be read or is empty, `disk-full` when the temporary folder is
 */
export async function openRelease(
  fleet: Fleet,
  { app, source: from, exclude, release: id, fileName }: ReleaseSource,
): Promise<Release> {
  return fleet.phase("pack", async () => {
    await using stack = new AsyncDisposableStack();
    const { signal } = fleet;
    const folder = await temporaryFolder("release");
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    await using source = await openSource(from, { exclude, fileName, signal });
    const payload = await packSource(source, { folder: join(folder, "payload"), signal });
    for (const warning of payload.warnings) fleet.note(warning, { level: "warning" });
    const torrent = await createTorrent(payload.path, { name: app, signal });
    const kept = stack.move();
    return { app, id, payload, torrent, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  });
}
