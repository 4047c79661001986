// The two regions of a payload while it is packed: each distinct chunk into the one it belongs to.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type ContentWriter, startContent } from "./content-writer.ts";
import { distinctChunks, KEPT_FILE, NEW_FILE } from "./layout.ts";
import type { Entry, Manifest, Run } from "./types.ts";

export interface RegionWriter extends AsyncDisposable {
  /** Adds a chunk, unless it is there already. Takes a copy of `bytes`; resolves when more may come. */
  add(sha256: string, bytes: Uint8Array): Promise<void> | undefined;
  /** Writes what is left, and removes a region that stayed empty. `fileBytes` is the size of both files. */
  end(): Promise<Pick<Manifest, "kept" | "keptBytes" | "newBytes"> & { readonly fileBytes: number }>;
}

/** Starts both regions in `folder`. @param base what the base release holds: such chunks go to `kept`, as they are */
export function startRegions(
  folder: string,
  compression: "none" | "zstd",
  base: readonly Entry[] = [],
): RegionWriter {
  const inBase = new Set(distinctChunks(base).map(([, sha256]) => sha256));
  const paths = { kept: join(folder, KEPT_FILE), new: join(folder, NEW_FILE) } as const;
  const writers: Record<keyof typeof paths, ContentWriter> = {
    kept: startContent(paths.kept, "none"),
    new: startContent(paths.new, compression),
  };
  const bytesIn = { kept: 0, new: 0 };
  const seen = new Set<string>();
  const runs: Run[] = [];

  return {
    add(sha256, bytes) {
      if (bytes.length === 0 || seen.has(sha256)) return undefined;
      const index = seen.size;
      seen.add(sha256);
      const region = inBase.has(sha256) ? "kept" : "new";
      if (region === "kept") {
        const [start, count] = runs.at(-1) ?? [-1, 0];
        if (start + count === index) runs[runs.length - 1] = [start, count + 1];
        else runs.push([index, 1]);
      }
      bytesIn[region] += bytes.length;
      return writers[region].write(bytes);
    },
    async end() {
      let fileBytes = 0;
      for (const region of ["kept", "new"] as const) {
        fileBytes += await writers[region].end();
        if (bytesIn[region] === 0) await rm(paths[region]);
      }
      return { kept: runs, keptBytes: bytesIn.kept, newBytes: bytesIn.new, fileBytes };
    },
    async [Symbol.asyncDispose]() {
      await writers.kept[Symbol.asyncDispose]();
      await writers.new[Symbol.asyncDispose]();
    },
  };
}
