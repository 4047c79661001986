// Piece numbers as the two ends of a peer's pipe name many of them.

/** Ascending numbers as [first, how many]. */
export function runsOf(indices: readonly number[]): (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const index of indices) {
    const run = runs.at(-1);
    if (run !== undefined && run[0] + run[1] === index) run[1]++;
    else runs.push([index, 1]);
  }
  return runs;
}
