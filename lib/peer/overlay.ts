// Bytes of a torrent that are here already, in files that have places of their own: the unchanged files of a release
// that is being made. A peer reads them from there and gives them to others; nothing is stored twice.

export interface OverlaySpan {
  /** Where it begins in the torrent's bytes. */
  readonly start: number;
  readonly length: number;
  readonly path: string;
  /** Where it begins in that file. */
  readonly position: number;
}

export interface Overlay {
  /** Ranges [start, end) of the torrent's bytes that are here and were checked, ascending, none touching another. */
  readonly covered: readonly (readonly [number, number])[];
  /** Ranges that are to be read from other files, ascending, none overlapping. */
  readonly spans: readonly OverlaySpan[];
}

export const NO_OVERLAY: Overlay = { covered: [], spans: [] };

/** Whether all bytes from `start` to `end` are covered. */
export function covers({ covered }: Overlay, start: number, end: number): boolean {
  const range = covered[firstAfter(covered.length, (index) => (covered[index]?.[1] ?? 0) > start)];
  return range !== undefined && range[0] <= start && end <= range[1];
}

/** How many bytes from `start` to `end` are covered. */
export function coveredBytes({ covered }: Overlay, start: number, end: number): number {
  let sum = 0;
  for (const [from, to] of covered) sum += Math.max(0, Math.min(to, end) - Math.max(from, start));
  return sum;
}

/** A part of a range: to be read from a file at its place, or (`undefined`) from the torrent's own file. */
export interface Part {
  readonly start: number;
  readonly length: number;
  readonly from: { readonly path: string; readonly position: number } | undefined;
}

/** `length` bytes from `start`, cut where they lie elsewhere. */
export function* partsOf({ spans }: Overlay, start: number, length: number): Generator<Part> {
  const end = start + length;
  let at = start;
  let next = firstAfter(spans.length, (index) => {
    const span = spans[index] as OverlaySpan;
    return span.start + span.length > start;
  });
  while (at < end) {
    const span = spans[next];
    if (span === undefined || span.start >= end) {
      yield { start: at, length: end - at, from: undefined };
      return;
    }
    if (span.start > at) yield { start: at, length: span.start - at, from: undefined };
    const begin = Math.max(at, span.start);
    const until = Math.min(end, span.start + span.length);
    const position = span.position + begin - span.start;
    if (until > begin) yield { start: begin, length: until - begin, from: { path: span.path, position } };
    at = until;
    next++;
  }
}

/** The first index for which `isAfter` holds; it holds for all that follow. */
function firstAfter(count: number, isAfter: (index: number) => boolean): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1;
    if (isAfter(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
