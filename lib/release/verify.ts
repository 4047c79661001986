// A release on disk against what it was unpacked from. Changes nothing.
import { lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { treeDigest } from "../payload/tree.ts";
import type { Entry } from "../payload/types.ts";
import { type Drift, verifyTree } from "../payload/verify-tree.ts";
import { twentieths } from "../percent.ts";
import { comparePaths, isAtOrBelow } from "../torrent/paths.ts";
import { readCurrent } from "./current.ts";
import { fileFault, hasCode, interruption } from "./faults.ts";
import { inspectRelease, readRevision } from "./inspect.ts";
import { checkReleaseId, type Layout, layoutOf, releasePath } from "./layout.ts";
import { type ReleaseRecord, readRecord } from "./records.ts";
import { readTree } from "./trees.ts";

/** One path that is not as it was unpacked. An `added` folder stands for all it holds. */
export interface DriftedPath {
  readonly path: string;
  readonly problem: "changed" | "missing" | "added" | "mode" | "type" | "link";
  /** What is there, and what was: `0644, was 0755`. */
  readonly detail?: string | undefined;
}

/** none: nothing is current. unknown: there is no manifest of that release. */
export interface Verified {
  readonly id: string | undefined;
  readonly state: "clean" | "drifted" | "unknown" | "none";
  /** SHA-256 of what it should be made of, 64 hex digits. */
  readonly tree?: string | undefined;
  readonly files: number;
  readonly bytes: number;
  /** How many paths drifted; the first of them, by path. */
  readonly drifted: number;
  readonly paths: readonly DriftedPath[];
}

export interface VerifyOptions {
  /** Default: the one `current` points to. */
  readonly id?: string | undefined;
  /** Paths that may be anything, and what is below them: caches, what before-activate commands make. */
  readonly ignore?: readonly string[] | undefined;
  readonly onPercent?: ((percent: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** So many are named one by one; a tree that was replaced as a whole is told by a number. */
const NAMED = 1_000;
const WORDS = { content: "changed", extra: "added", target: "link" } as const;

/**
 * Reads every file of a release again and compares it with the tree it was unpacked from: content, modes, types, link
 * targets, what is missing and what is new. Links to shared/ and REVISION, which installing made, are checked as such.
 * @throws OpsError `release` when there is no such release
 */
export async function verifyRelease(
  deployTo: string,
  { id: wanted, ignore = [], onPercent, signal }: VerifyOptions = {},
): Promise<Verified> {
  const layout = layoutOf(deployTo);
  if (wanted !== undefined) checkReleaseId(wanted);
  const nothing = { files: 0, bytes: 0, drifted: 0, paths: [] };
  try {
    const id = wanted ?? (await readCurrent(layout)).id;
    if (id === undefined) return { id, state: "none", ...nothing };
    const record = await readRecord(layout, id);
    if ((await inspectRelease(layout, id, { isCurrent: wanted === undefined })) === undefined)
      throw new OpsError("release", `no complete release ${id} in ${layout.releases}`, {
        hint: "bun scripts/releases.ts shows what each host holds",
      });
    const entries = await readTree(layout, id);
    if (entries === undefined) return { id, state: "unknown", ...nothing };
    const files = entries.filter((entry) => entry.type === "file");
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const onProgress = onPercent && twentieths(bytes, onPercent);
    const folder = releasePath(layout, id);
    const known = new Map(entries.map((entry) => [entry.path, entry]));
    const shared = record?.shared ?? [];
    const made = known.has("REVISION") ? shared : ["REVISION", ...shared];
    const drifts = await verifyTree({ entries }, folder, {
      ignore: [...ignore, ...made],
      signal,
      onProgress,
    });
    const isIgnored = (path: string) => ignore.some((top) => isAtOrBelow(path, top));
    const paths = [
      ...drifts.flatMap((drift) =>
        drift.problem === "extra"
          ? beside(folder, drift.path, made).map((path) => describe({ ...drift, path }, folder, known))
          : describe(drift, folder, known),
      ),
      ...(await ourOwn(layout, { id, folder, known, record })),
    ]
      .filter(({ path }) => !isIgnored(path))
      .sort((a, b) => comparePaths(a.path, b.path));
    const state = paths.length === 0 ? "clean" : "drifted";
    const facts = { tree: treeDigest(entries), files: files.length, bytes, drifted: paths.length };
    return { id, state, ...facts, paths: paths.slice(0, NAMED) };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw interruption(signal, `verifying ${deployTo}`);
    throw fileFault(error, `can't verify ${layout.deployTo}`);
  }
}

/** What installing made beside the payload, where it is not as it was made. */
async function ourOwn(
  layout: Layout,
  {
    id,
    folder,
    known,
    record,
  }: {
    readonly id: string;
    readonly folder: string;
    readonly known: ReadonlyMap<string, Entry>;
    readonly record: ReleaseRecord | undefined;
  },
): Promise<readonly DriftedPath[]> {
  const drifts: DriftedPath[] = [];
  for (const path of record?.shared ?? []) {
    const [link, target] = [join(folder, path), join(layout.shared, path)];
    const stats = statsOf(link);
    if (stats?.isSymbolicLink() && readlinkSync(link) === target) continue;
    const was = `was a link to ${target}`;
    if (stats === undefined) drifts.push({ path, problem: "missing", detail: was });
    else drifts.push({ path, problem: stats.isSymbolicLink() ? "link" : "type", detail: was });
  }
  if (known.has("REVISION")) return drifts;
  const path = "REVISION";
  const revision = await readRevision(folder);
  if (revision === undefined) drifts.push({ path, problem: "missing" });
  else if (revision !== (record?.revision ?? id)) drifts.push({ path, problem: "changed" });
  return drifts;
}

/** An added folder, or what is new in it where it was made for links to shared/ that lie in it. */
function beside(folder: string, path: string, shared: readonly string[]): readonly string[] {
  if (shared.includes(path)) return [];
  if (!shared.some((link) => isAtOrBelow(link, path)) || !statsOf(join(folder, path))?.isDirectory())
    return [path];
  return readdirSync(join(folder, path)).flatMap((name) => beside(folder, `${path}/${name}`, shared));
}

function describe({ path, problem }: Drift, folder: string, known: ReadonlyMap<string, Entry>): DriftedPath {
  const word = problem in WORDS ? WORDS[problem as keyof typeof WORDS] : (problem as DriftedPath["problem"]);
  const stats = statsOf(join(folder, path));
  const entry = known.get(path);
  if (stats === undefined || entry === undefined) return { path, problem: word };
  const details: Partial<Record<Drift["problem"], () => string>> = {
    mode: () => `${octal(stats.mode)}, was ${entry.type === "symlink" ? "" : octal(entry.mode)}`,
    type: () => `${kind(stats)}, was a ${entry.type}`,
    target: () =>
      `to ${readlinkSync(join(folder, path))}, was to ${entry.type === "symlink" && entry.target}`,
  };
  return { path, problem: word, detail: details[problem]?.() };
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function kind(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isDirectory()) return "a folder";
  return stats.isSymbolicLink() ? "a symlink" : "something else";
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}
