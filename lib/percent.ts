// Progress of one long step, told sparsely.

/** Tells each further twentieth of `totalBytes` as a percentage: enough to be seen to move, on a thousand hosts at once. */
export function twentieths(totalBytes: number, tell: (percent: number) => void): (doneBytes: number) => void {
  let told = 0;
  return (doneBytes) => {
    const step = Math.min(20, Math.floor((doneBytes / Math.max(1, totalBytes)) * 20));
    if (step <= told) return;
    told = step;
    tell(step * 5);
  };
}
