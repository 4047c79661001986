// Releases this peer has begun with what its host had already, and how the torrent's bytes are found in them.
import { join } from "node:path";
import { KEPT_FILE } from "../payload/layout.ts";
import { type StagedRelease, stageRelease } from "../release/stage.ts";
import type { Torrent } from "../torrent/types.ts";
import { NO_OVERLAY, type Overlay } from "./overlay.ts";
import type { Params, Result, Upward } from "./protocol.ts";

export interface Staging {
  stage(params: Params<"stage">, signal: AbortSignal): Promise<Result<"stage">>;
  /** What was begun for that payload. */
  of(infohash: string): StagedRelease | undefined;
  /** Where bytes of the torrent are that need not be fetched. */
  overlayOf(torrent: Torrent): Overlay;
  /** Removes what was begun and didn't become a release. */
  leave(): Promise<void>;
}

const TELL_MS = 500;

/** `tell` takes how far it is. */
export function openStaging({ tell }: { readonly tell: (event: Upward) => void }): Staging {
  const begun = new Map<string, StagedRelease>();
  const leave = async () => {
    const all = [...begun.values()];
    begun.clear();
    for (const each of all) await each[Symbol.asyncDispose]();
  };
  return {
    stage: async ({ deployTo, patch, ...options }, signal) => {
      await leave();
      let toldAtMs = performance.now();
      const staged = await stageRelease(deployTo, {
        ...options,
        patch: Buffer.from(patch, "base64"),
        signal,
        onProgress: (bytes, totalBytes) => {
          if (performance.now() - toldAtMs < TELL_MS) return;
          toldAtMs = performance.now();
          const percent = Math.floor((bytes / Math.max(1, totalBytes)) * 100);
          tell({ type: "detail", text: `looking what is here: ${percent} %` });
        },
      });
      if (signal.aborted) {
        await staged[Symbol.asyncDispose]();
        signal.throwIfAborted();
      }
      begun.set(staged.infohash, staged);
      const { coveredBytes, drifted, reflinked, linked, copied } = staged;
      return { coveredBytes, drifted, reflinked, linked, copied };
    },
    of: (infohash) => begun.get(infohash),
    overlayOf: ({ infohash, files }) => {
      const staged = begun.get(infohash);
      const kept = files.find(({ path }) => path === KEPT_FILE);
      if (staged === undefined || kept === undefined) return NO_OVERLAY;
      const { offset } = kept;
      return {
        covered: staged.covered.map(([start, end]) => [start + offset, end + offset]),
        spans: staged.overlay.map(({ start, length, path, offset: position }) => ({
          start: start + offset,
          length,
          path: join(staged.folder, path),
          position,
        })),
      };
    },
    leave,
  };
}
