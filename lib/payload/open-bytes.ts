import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";
import { OpsError } from "../errors.ts";
import { printable } from "../torrent/paths.ts";

/** A file's bytes: those from `start` of `fd`, as many as were asked for. */
export interface OpenBytes {
  readonly fd: number;
  readonly start: number;
  /**
   * Ends the reading; never forget it.
   * @throws OpsError `source` when the file changed since it was listed
   */
  close(): void;
}

/** What tells that a file is the one that was listed, with the bytes it had then. */
export type Seen = Pick<Stats, "dev" | "ino" | "size" | "mtimeMs">;

/**
 * Opens the file at `path`, never a symlink in its place.
 * @param seen how it was when it was listed
 * @throws OpsError `source` when it can't be read or was replaced
 */
export function openBytes(path: string, seen: Seen, start = 0): OpenBytes {
  let fd: number;
  try {
    // Non-blocking: a fifo that took the file's place must not hang us.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw new OpsError("source", `${printable(path)}: ${(cause as Error).message}`, {
      hint: "make it readable for you, or exclude it",
      cause,
    });
  }
  const unchanged = () => {
    const now = fstatSync(fd);
    return (
      now.dev === seen.dev && now.ino === seen.ino && now.size === seen.size && now.mtimeMs === seen.mtimeMs
    );
  };
  if (!unchanged()) {
    closeSync(fd);
    throw changed(path);
  }
  return {
    fd,
    start,
    close() {
      const same = unchanged();
      closeSync(fd);
      if (!same) throw changed(path);
    },
  };
}

function changed(path: string): OpsError {
  return new OpsError("source", `${printable(path)} changed while it was packed`, {
    hint: "deploy what stands still: a finished build, or git:REF",
  });
}
