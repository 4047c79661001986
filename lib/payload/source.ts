// A release source, whatever it is, as one sorted list of entries whose bytes can be read.
import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { OpsError } from "../errors.ts";
import { temporaryFolder as freshFolder } from "../temporary.ts";
import { comparePaths, printable } from "../torrent/paths.ts";
import { archiveKind, unpackTar } from "./archive.ts";
import { excluder } from "./exclude.ts";
import { archiveRef, archiveRemote, revisionOf } from "./git.ts";
import type { OpenBytes } from "./open-bytes.ts";
import { folderEntries, loneFile } from "./source-folder.ts";
import { tarEntries } from "./source-tar.ts";
import type { FolderEntry, SymlinkEntry } from "./types.ts";

export interface SourceFile {
  readonly type: "file";
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  /** @throws OpsError `source` when it can't be read, or isn't what was listed any more */
  open(): OpenBytes;
}

export type SourceEntry = SourceFile | FolderEntry | SymlinkEntry;

/** Disposing removes what was unpacked for it. */
export interface Source extends AsyncDisposable {
  /** As given to `openSource`. */
  readonly from: string;
  /** Sorted by the UTF-8 bytes of their paths; every entry's folder is among them. */
  readonly entries: readonly SourceEntry[];
  readonly warnings: readonly string[];
  /** The commit of `git:REF`, or of the work tree a folder lies in, with `-dirty` behind when tracked files were changed. */
  readonly revision: string | undefined;
}

export interface OpenSourceOptions {
  /** Patterns as `excluder` reads them. */
  readonly exclude?: readonly string[] | undefined;
  /** What a single file is called in the release; its own name otherwise. */
  readonly fileName?: string | undefined;
  /** What relative paths start from, and whose repository `git:` means. */
  readonly cwd?: string | undefined;
  /** Where compressed tarballs and git archives are unpacked to while the source is open: needs room for the tree. */
  readonly temporaryFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a release source: a folder; a tarball, plain or compressed by gzip, zstd, bzip2 or xz (told by its bytes, not
 * its name); `git:REF`, where REF is a commit, branch, tag or `REF:folder` of the repository at `cwd`; `git+URL#REF`, of
 * a repository elsewhere (REF a branch, tag or what its server lets be fetched; HEAD when left out); or any other file, as a release of that one file. Modes, symlinks and empty folders are kept, owners and times are not; `.git`,
 * excluded paths, sockets, devices and fifos stay behind. Only names are held in memory.
 * @throws OpsError `source` when it can't be read, holds nothing, or holds a name no release may have; `tool` when the
 *   program that unpacks it is missing; `disk-full` when there is no room to unpack it
 */
export async function openSource(from: string, options: OpenSourceOptions = {}): Promise<Source> {
  const { cwd = process.cwd(), temporaryFolder = tmpdir(), signal } = options;
  const excluded = excluder(options.exclude);
  const warnings: string[] = [];
  const listing = { from, excluded, warnings, signal };
  let spool: string | undefined;
  const spoolFile = async () => {
    spool = await freshFolder("source", { parent: temporaryFolder });
    return join(spool, "archive.tar");
  };
  const removeSpool = async () => {
    if (spool !== undefined) await rm(spool, { recursive: true, force: true });
  };

  const open = async (): Promise<{ entries: readonly SourceEntry[]; revision?: string | undefined }> => {
    if (from.startsWith("git:")) {
      const tar = await spoolFile();
      const revision = await archiveRef(from.slice("git:".length), tar, { cwd, signal });
      return { entries: await tarEntries(tar, listing), revision };
    }
    if (from.startsWith("git+")) {
      const tar = await spoolFile();
      const revision = await archiveRemote(from, tar, { signal });
      return { entries: await tarEntries(tar, listing), revision };
    }
    const path = resolve(cwd, from);
    const stats = statSource(path, from);
    if (stats.isDirectory()) {
      return { entries: await folderEntries(path, listing), revision: await revisionOf(path) };
    }
    if (!stats.isFile()) throw noSource(`${printable(from)} is neither a file nor a folder`);
    const kind = archiveKind(path);
    if (kind === "tar") return { entries: await tarEntries(path, listing) };
    if (kind !== undefined) {
      const tar = await spoolFile();
      if (await unpackTar(path, kind, tar, { signal })) return { entries: await tarEntries(tar, listing) };
    }
    if (/\.(tar|tgz|tbz2?|txz|tzst|tar\.[a-z0-9]+)$/i.test(from)) {
      throw noSource(`${printable(from)} is named like a tarball, but holds no tar archive or an empty one`);
    }
    return { entries: [loneFile(path, options.fileName ?? basename(path))] };
  };

  try {
    const { entries, revision } = await open();
    if (entries.length === 0) throw noSource(`${printable(from)} holds nothing to deploy`);
    for (const entry of entries) {
      if (entry.type !== "symlink" || !leavesTree(entry)) continue;
      warnings.push(
        `${printable(entry.path)} is a symlink out of the release, to ${printable(entry.target)}`,
      );
    }
    const sorted = entries.toSorted((a, b) => comparePaths(a.path, b.path));
    return { from, entries: sorted, warnings, revision, [Symbol.asyncDispose]: removeSpool };
  } catch (error) {
    await removeSpool();
    throw error;
  }
}

function statSource(path: string, from: string) {
  try {
    return statSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw noSource(
      `${printable(from)}: ${missing ? "no such file or folder" : (cause as Error).message}`,
      cause,
    );
  }
}

// By the letters of the target: where links lead through other links is the host's business.
function leavesTree({ path, target }: SymlinkEntry): boolean {
  if (target.startsWith("/")) return true;
  let depth = path.split("/").length - 1;
  for (const part of target.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function noSource(message: string, cause?: unknown): OpsError {
  return new OpsError("source", message, {
    hint: "name a folder, a tarball, a file or git:REF that holds the release, and check what is excluded",
    cause,
  });
}
