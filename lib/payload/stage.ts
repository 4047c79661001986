// What a host has of a release already, put where the release is made. Runs on target hosts.
import type { Entry, Manifest } from "./types.ts";

export interface StageOptions {
  readonly manifest: Manifest;
  /** Tree of the release in `from`; undefined where none is known (another tool's): files are then found by path and size. */
  readonly base: readonly Entry[] | undefined;
  /** Folder of a release on this host. */
  readonly from: string;
  /** Where the new release is made: missing, or an empty folder. */
  readonly destination: string;
  /** The payload's `kept` file: sparse, made when missing, what is in it stays. */
  readonly kept: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the kept region looked at so far, of `manifest.keptBytes`. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Bytes of the kept region that are those of a placed file: `length` bytes from `start`, at `offset` of the file. */
export interface OverlayRange {
  readonly start: number;
  readonly length: number;
  /** Relative to the destination, as in the manifest. */
  readonly path: string;
  readonly offset: number;
}

export interface Staged {
  /** Files that are at their final path with their final mode, as in the manifest. */
  readonly placed: readonly string[];
  /** Ranges of the kept region that are here, `[start, end)`, sorted and merged: in `kept`, or through `overlay`. */
  readonly covered: readonly (readonly [start: number, end: number])[];
  /** Where to read what is covered and not in the `kept` file: sorted by start, never overlapping. */
  readonly overlay: readonly OverlayRange[];
  readonly reflinked: number;
  readonly linked: number;
  readonly copied: number;
  /** Files in `from` that are not what its tree says; sorted. */
  readonly drifted: readonly string[];
}

/** See STAGING in the body; the signature stands. */
export async function stagePayload(_: StageOptions): Promise<Staged> {
  throw new Error("not written yet");
}
