// One file of a release, made from one of another release on the same host, and checked.
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  writeSync,
} from "node:fs";
import type { FileEntry } from "./types.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const CLONE = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL;
const BLOCK_BYTES = 512 * 1024;
const ANY_WRITE_BIT = 0o222;
const OWNER_READS = 0o400;

/** How a file got its place; `drifted`: what is at `source` isn't it; `unreadable`: it may be, but not for us. */
export type Placed = "reflinked" | "linked" | "copied" | "drifted" | "unreadable";

/**
 * A function that puts the file at `source` to `target`, where nothing is, if it has the bytes of `file`: sharing blocks
 * where the file system can, as a hard link where nobody may write it (or `hardlinks` says that nobody does), as a copy else. Whatever way, the bytes hashed are
 * those that are at `target` then.
 * @param pause called between blocks
 */
export function filePlacer(
  pause: () => Promise<void>,
  { hardlinks = false }: { readonly hardlinks?: boolean | undefined } = {},
) {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  let canClone = true;

  return async function placeFile(source: string, target: string, file: FileEntry): Promise<Placed> {
    // What its own mode would keep us from reading can't be given to other hosts: it is made last, when all is here.
    if ((file.mode & OWNER_READS) === 0 && process.geteuid?.() !== 0) return "unreadable";
    const fd = openRegular(source);
    if (typeof fd === "string") return fd;
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.size !== file.size) return "drifted";
      if (canClone && clone(source, target)) return await checked(target, file, "reflinked");
      if (mayShare(stats, file, hardlinks) && link(source, target, stats))
        return await checked(target, file, "linked");
      return await copy(fd, target, file);
    } finally {
      closeSync(fd);
    }
  };

  function clone(source: string, target: string): boolean {
    try {
      copyFileSync(source, target, CLONE);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EINVAL is about this file (btrfs keeps tiny ones where they can't be shared); the rest about the file system.
      if (code !== "EINVAL") canClone = false;
      if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EXDEV", "ENOSYS", "ENOTTY", "EPERM"].includes(code ?? ""))
        throw error;
      rmSync(target, { force: true });
      return false;
    }
  }

  /** The file at `target` gets its mode if its bytes are right, and is removed if not. */
  async function checked(target: string, file: FileEntry, how: Placed): Promise<Placed> {
    const fd = openSync(target, O_RDONLY | O_NOFOLLOW);
    try {
      const hasher = new Bun.CryptoHasher("sha256");
      for (let at = 0; ; await pause()) {
        const count = readSync(fd, buffer, 0, buffer.length, at);
        if (count === 0) break;
        hasher.update(buffer.subarray(0, count));
        at += count;
      }
      if (hasher.digest("hex") === file.sha256) {
        if (how !== "linked") fchmodSync(fd, file.mode);
        return how;
      }
    } finally {
      closeSync(fd);
    }
    rmSync(target);
    return "drifted";
  }

  async function copy(from: number, target: string, file: FileEntry): Promise<Placed> {
    // A small file is known to be right before anything is written.
    let filled = readSync(from, buffer, 0, buffer.length, 0);
    const hasher = new Bun.CryptoHasher("sha256");
    hasher.update(buffer.subarray(0, filled));
    let right = filled === file.size ? hasher.digest("hex") === file.sha256 : undefined;
    if (right === false) return "drifted";
    const to = openSync(target, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    try {
      for (let at = 0; filled > 0; await pause()) {
        for (let done = 0; done < filled; ) done += writeSync(to, buffer, done, filled - done);
        at += filled;
        if (right !== undefined) break;
        filled = readSync(from, buffer, 0, buffer.length, at);
        hasher.update(buffer.subarray(0, filled));
      }
      right ??= hasher.digest("hex") === file.sha256;
      if (right) fchmodSync(to, file.mode);
    } finally {
      closeSync(to);
    }
    if (!right) rmSync(target);
    return right ? "copied" : "drifted";
  }
}

/** A descriptor of the file at `path`; never of a symlink's target, never waiting for a fifo's other end. */
export function openRegular(path: string): number | "drifted" | "unreadable" {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") return "unreadable";
    if (["ENOENT", "ELOOP", "ENOTDIR", "ENXIO", "ENODEV", "EISDIR"].includes(code ?? "")) return "drifted";
    throw error;
  }
}

// One file under two names: right as long as its mode is right for both, and nobody writes to either.
function mayShare(stats: Stats, file: FileEntry, hardlinks: boolean): boolean {
  const mode = stats.mode & 0o7777;
  return (
    mode === file.mode && (hardlinks || (mode & ANY_WRITE_BIT) === 0) && stats.uid === process.geteuid?.()
  );
}

function link(source: string, target: string, { dev, ino }: Stats): boolean {
  try {
    linkSync(source, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOENT"].includes(code ?? "")) return false;
    throw error;
  }
  const made = lstatSync(target);
  if (made.dev === dev && made.ino === ino) return true;
  rmSync(target); // something else took the name meanwhile
  return false;
}
