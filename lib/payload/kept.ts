// The kept region of a payload as one run of bytes, wherever a host has it: in the `kept` file, or in files placed already.
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { OverlayRange } from "./stage.ts";

const WINDOW_BYTES = 512 * 1024;

export interface KeptReader extends Disposable {
  /**
   * Bytes from `offset`, at least one and at most `atMost`; none at the end. Valid until the next call.
   * @throws system errors as they are
   */
  read(offset: number, atMost: number): Uint8Array;
}

export interface OpenKeptOptions {
  /** Ranges to be read from files below `folder` instead. Sorted by start. */
  readonly overlay?: readonly OverlayRange[] | undefined;
  readonly folder?: string | undefined;
}

/** Opens the file `kept` of a payload for reading; it may be missing as long as the overlay has all that is asked for. */
export function openKept(kept: string, { overlay = [], folder = "" }: OpenKeptOptions = {}): KeptReader {
  const window = Buffer.allocUnsafe(WINDOW_BYTES);
  let [windowStart, windowEnd] = [0, 0];
  let open: { readonly path: string; readonly fd: number } | undefined;
  const close = () => {
    if (open !== undefined) closeSync(open.fd);
    open = undefined;
  };
  const fdOf = (path: string) => {
    if (open?.path === path) return open.fd;
    close();
    open = { path, fd: openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW) };
    return open.fd;
  };
  return {
    read(offset, atMost) {
      if (offset < windowStart || offset >= windowEnd) {
        const { path, at, length } = locate(offset);
        windowStart = offset;
        windowEnd = offset + readSync(fdOf(path), window, 0, Math.min(length, WINDOW_BYTES), at);
      }
      const start = offset - windowStart;
      return window.subarray(start, Math.min(start + atMost, windowEnd - windowStart));
    },
    [Symbol.dispose]: close,
  };

  /** The file that has the byte at `offset`, and how many from there on. */
  function locate(offset: number) {
    let [low, high] = [0, overlay.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((overlay[middle] as OverlayRange).start <= offset) low = middle + 1;
      else high = middle;
    }
    const range = overlay[low - 1];
    if (range !== undefined && offset < range.start + range.length) {
      const skipped = offset - range.start;
      return { path: join(folder, range.path), at: range.offset + skipped, length: range.length - skipped };
    }
    const next = overlay[low]?.start ?? Number.POSITIVE_INFINITY;
    return { path: kept, at: offset, length: next - offset };
  }
}
