// manifest.json ↔ Manifest.
import { damaged, isCount, parseEntries, parseObject, serializeEntries, unknownVersion } from "./entry.ts";
import { payloadLayout } from "./layout.ts";
import { type Manifest, PAYLOAD_VERSION, type Run } from "./types.ts";

const WHAT = "the payload's manifest";

/** The one way to write a manifest: the same tree with the same base gives the same bytes. */
export function serializeManifest(manifest: Manifest): string {
  const { version, compression, keptBytes, newBytes, kept } = manifest;
  const head = JSON.stringify({ version, compression, keptBytes, newBytes, kept }).slice(0, -1);
  return `${head},${serializeEntries(manifest.entries)}`;
}

/**
 * Reads a manifest and checks all of it: known version, safe and unique paths, each below a folder named before it,
 * chunks that add up to their files and regions.
 * @throws OpsError `protocol` when the version is unknown, `hash` for anything else: such a manifest was damaged or forged
 */
export function parseManifest(text: string): Manifest {
  const { version, compression, keptBytes, newBytes, kept, entries } = parseObject(text, WHAT);
  if (version !== PAYLOAD_VERSION) throw unknownVersion("payload", version, PAYLOAD_VERSION);
  if (compression !== "none" && compression !== "zstd") throw damaged(WHAT, "its compression is unknown");
  if (!isCount(keptBytes)) throw damaged(WHAT, "keptBytes is no size");
  if (!isCount(newBytes)) throw damaged(WHAT, "newBytes is no size");
  if (!isRunList(kept)) throw damaged(WHAT, "what is kept are no runs of chunks");
  const manifest = {
    version,
    compression,
    keptBytes,
    newBytes,
    kept,
    entries: parseEntries(entries, WHAT),
  } as const;
  payloadLayout(manifest);
  return manifest;
}

// In order and never touching: there is one way to write what is kept.
function isRunList(value: unknown): value is readonly Run[] {
  if (!Array.isArray(value)) return false;
  let free = 0;
  return value.every((run) => {
    if (!Array.isArray(run) || run.length !== 2) return false;
    const [start, count] = run;
    if (!isCount(start) || !isCount(count) || start < free || count === 0) return false;
    free = start + count + 1;
    return true;
  });
}
