// A payload arriving at a host that has another release, with a file copy in place of a swarm.
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openKept } from "../../lib/payload/kept.ts";
import { KEPT_FILE, MANIFEST_FILE, NEW_FILE } from "../../lib/payload/layout.ts";
import { parseManifest } from "../../lib/payload/manifest.ts";
import { applyPatch, diffTree } from "../../lib/payload/patch.ts";
import { type Staged, type StageOptions, stagePayload } from "../../lib/payload/stage.ts";
import type { Payload } from "../../lib/payload/types.ts";
import { type Unpacked, unpackPayload } from "../../lib/payload/unpack.ts";

export interface Arrival {
  readonly staged: Staged;
  readonly unpacked: Unpacked;
  /** What had to come from elsewhere: of the kept region, of the new one, and the patch. */
  readonly fetched: { readonly kept: number; readonly new: number; readonly patch: number };
}

/** Brings `payload` to `destination`, by way of the folder `incoming`. @param host what it has */
export async function arrive(
  payload: Payload,
  incoming: string,
  { destination, ...host }: Pick<StageOptions, "base" | "from" | "destination" | "ignore" | "hardlinks">,
): Promise<Arrival> {
  mkdirSync(incoming);
  const at = (name: string) => join(incoming, name);
  const sent = (name: string) => join(payload.path, name);
  const patch = diffTree(host.base ?? [], payload.manifest);
  const manifest = parseManifest(applyPatch(host.base ?? [], patch));
  copyFileSync(sent(MANIFEST_FILE), at(MANIFEST_FILE));
  const staged = await stagePayload({ ...host, manifest, destination, kept: at(KEPT_FILE) });

  let kept = 0;
  if (manifest.keptBytes > 0) {
    const all = readFileSync(sent(KEPT_FILE));
    const fd = openSync(at(KEPT_FILE), existsSync(at(KEPT_FILE)) ? "r+" : "w");
    let end = 0;
    for (const [start, next] of [...staged.covered, [all.length, all.length] as const]) {
      if (start > end) kept += writeSync(fd, all, end, start - end, end);
      end = next;
    }
    closeSync(fd);
    using reader = openKept(at(KEPT_FILE), { overlay: staged.overlay, folder: destination });
    for (let offset = 0; offset < all.length; ) {
      const bytes = reader.read(offset, 100_000);
      if (bytes.length === 0) throw new Error(`nothing at ${offset} of the kept region`);
      if (!all.subarray(offset, offset + bytes.length).equals(bytes))
        throw new Error(`other bytes at ${offset}`);
      offset += bytes.length;
    }
  }
  if (manifest.newBytes > 0) copyFileSync(sent(NEW_FILE), at(NEW_FILE));
  const unpacked = await unpackPayload(incoming, destination, { staged });
  const fresh = manifest.newBytes > 0 ? readFileSync(sent(NEW_FILE)).length : 0;
  return { staged, unpacked, fetched: { kept, new: fresh, patch: patch.length } };
}
