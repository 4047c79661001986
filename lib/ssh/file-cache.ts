// Files that every host of a run needs (known_hosts, ssh_config, keys): read and parsed once, not a thousand times.
import { readFileSync, type Stats, statSync } from "node:fs";

/** Timestamps are this coarse at worst: a younger file may change again without looking any different. */
const COARSE_MS = 100;

interface Kept<T> {
  readonly stats: Stats;
  /** Old enough when it was read for its timestamps to tell any later change. */
  readonly settled: boolean;
  readonly text: string;
  readonly value: T;
}

/**
 * A reader of files that hands out what `make` made of a file's text, and makes it anew only when the file has
 * changed; `before` is what it was until then. The reader returns undefined where there is no such file, and throws
 * what reading throws. It is synchronous, so that nothing changes between a look at a file and its reading.
 */
export function fileCache<T>(
  make: (text: string, file: string, before: { readonly text: string; readonly value: T } | undefined) => T,
): (file: string) => T | undefined {
  const kept = new Map<string, Kept<T>>();
  return (file) => {
    try {
      const before = kept.get(file);
      const stats = statSync(file);
      if (before?.settled && unchanged(before.stats, stats)) return before.value;
      // A pipe (`--private-key <(…)`) gives what it holds once.
      if (before !== undefined && !stats.isFile()) return before.value;
      const settled = Date.now() - Math.max(stats.mtimeMs, stats.ctimeMs) > COARSE_MS;
      const text = readFileSync(file, "utf8");
      const value = before !== undefined && before.text === text ? before.value : make(text, file, before);
      kept.set(file, { stats, settled, text, value });
      return value;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
      kept.delete(file);
      return undefined;
    }
  };
}

function unchanged(before: Stats, now: Stats): boolean {
  return (
    before.ctimeMs === now.ctimeMs &&
    before.mtimeMs === now.mtimeMs &&
    before.size === now.size &&
    before.ino === now.ino &&
    before.dev === now.dev
  );
}
