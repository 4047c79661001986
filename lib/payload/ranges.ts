// Ranges of bytes, sorted and joined where they touch.
import type { OverlayRange } from "./stage.ts";

/** What `parts` cover, as `[start, end)`. They don't overlap. */
export function mergeRanges(
  parts: readonly { readonly offset: number; readonly length: number }[],
): readonly (readonly [start: number, end: number])[] {
  const merged: [number, number][] = [];
  for (const { offset, length } of parts.toSorted((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (last?.[1] === offset) last[1] += length;
    else merged.push([offset, offset + length]);
  }
  return merged;
}

/** Sorted by start, ranges that follow each other in the same file joined. */
export function mergeOverlay(ranges: readonly OverlayRange[]): readonly OverlayRange[] {
  const merged: OverlayRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    const follows =
      last?.path === range.path &&
      last.start + last.length === range.start &&
      last.offset + last.length === range.offset;
    if (follows) merged[merged.length - 1] = { ...last, length: last.length + range.length };
    else merged.push(range);
  }
  return merged;
}
