// A plain tar file → entries. Names and places are read once; the bytes stay in the tar until they are packed.
import { createReadStream, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { extract, type Header as TarHeader } from "tar-stream";
import { OpsError } from "../errors.ts";
import { parentOf, pathProblem, printable } from "../torrent/paths.ts";
import type { Excluder } from "./exclude.ts";
import { openBytes } from "./open-bytes.ts";
import type { SourceEntry } from "./source.ts";

type Tree = Map<string, SourceEntry>;

/** Headers as tar-stream hands them out: also where the bytes are, and null for types it does not know. */
type Header = Omit<TarHeader, "type"> & {
  readonly byteOffset: number;
  readonly type: TarHeader["type"] | null;
};

/**
 * The entries of the tar file at `tar` that aren't excluded. Folders it doesn't name are made up (0755); of two files
 * with one name the later counts, as when tar unpacks; hard links become files of their own.
 * @param options `from` is what messages call it
 * @throws OpsError `source` when it is damaged, or holds an entry that would leave the release or lie below a file or symlink
 */
export async function tarEntries(
  tar: string,
  {
    from,
    excluded,
    warnings,
    signal,
  }: {
    readonly from: string;
    readonly excluded: Excluder;
    readonly warnings: string[];
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly SourceEntry[]> {
  const seen = statSync(tar);
  const tree: Tree = new Map();
  let end = 0;
  const options = { allowUnknownFormat: true }; // tars older than "ustar"
  const reader = extract(options as Parameters<typeof extract>[0]);
  reader.on("entry", (header, stream, next) => {
    stream.on("error", () => undefined); // it repeats the reader's own error, which `pipeline` throws
    try {
      const known = header as Header;
      end = known.byteOffset + Math.ceil(known.size / 512) * 512;
      const warning = addEntry(tree, known, (start) => openBytes(tar, seen, start), from);
      if (warning !== undefined) warnings.push(warning);
    } catch (error) {
      next(error as Error);
      return;
    }
    stream.on("end", next);
    stream.resume();
  });
  try {
    const input = createReadStream(tar, { highWaterMark: 1 << 20 });
    await pipeline(input, reader, signal === undefined ? {} : { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof OpsError) throw cause;
    throw refused(from, (cause as Error).message, cause);
  }
  if (end + 512 > seen.size) throw refused(from, "it ends without tar's end mark, so a part may be missing");
  return withoutExcluded(tree, excluded);
}

/** Adds what `header` describes to `tree`. @returns a warning when it can't be part of a release */
function addEntry(
  tree: Tree,
  header: Header,
  open: (start: number) => ReturnType<typeof openBytes>,
  from: string,
): string | undefined {
  const path = cleanPath(header.name, from);
  if (path === "") return undefined; // the top itself: "./"
  const mode = header.mode & 0o7777;
  const { size } = header;
  if (Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse."))) {
    throw refused(from, `${printable(path)} is a sparse file; make the archive without --sparse`);
  }
  switch (header.type) {
    case "file":
    case "contiguous-file": {
      const start = header.byteOffset;
      place(tree, { type: "file", path, mode, size, open: () => open(start) }, from);
      return undefined;
    }
    case "directory":
      place(tree, { type: "folder", path, mode }, from);
      return undefined;
    case "symlink": {
      const target = header.linkname ?? "";
      if (target === "" || target.includes("\0") || target.includes("\uFFFD")) {
        throw refused(from, `the symlink ${printable(path)} has no usable target`);
      }
      place(tree, { type: "symlink", path, target }, from);
      return undefined;
    }
    case "link": {
      const target = tree.get(cleanPath(header.linkname ?? "", from));
      if (target === undefined || target.type === "folder") {
        throw refused(
          from,
          `${printable(path)} is a hard link to ${printable(header.linkname ?? "")}, which it lacks`,
        );
      }
      place(tree, { ...target, path }, from);
      return undefined;
    }
    case "character-device":
    case "block-device":
    case "fifo":
      return `${printable(path)} is a ${header.type === "fifo" ? "fifo" : "device"} and was left out`;
    default:
      throw refused(
        from,
        `${printable(path)} is of a kind only tar knows (sparse, incremental or multi-volume)`,
      );
  }
}

// A path, once taken, keeps its type: an archive that turns a folder into a symlink is up to no good.
function place(tree: Tree, entry: SourceEntry, from: string): void {
  const before = tree.get(entry.path);
  if (before !== undefined && before.type !== entry.type) {
    throw refused(from, `${printable(entry.path)} is in it as a ${before.type} and as a ${entry.type}`);
  }
  for (let folder = parentOf(entry.path); folder !== ""; folder = parentOf(folder)) {
    const found = tree.get(folder);
    if (found === undefined) {
      tree.set(folder, { type: "folder", path: folder, mode: 0o755 });
    } else if (found.type !== "folder") {
      throw refused(
        from,
        `${printable(entry.path)} lies below ${printable(folder)}, which is a ${found.type}`,
      );
    }
  }
  tree.set(entry.path, entry);
}

function cleanPath(name: string, from: string): string {
  if (name.includes("\uFFFD")) throw refused(from, `the name ${JSON.stringify(name)} is not UTF-8`);
  if (name.startsWith("/")) throw refused(from, `the name ${printable(name)} is absolute`);
  const path = name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  const problem = path === "" ? undefined : pathProblem(path);
  if (problem !== undefined) throw refused(from, `the name ${printable(name)} ${problem}`);
  return path;
}

function withoutExcluded(tree: Tree, excluded: Excluder): readonly SourceEntry[] {
  const answers = new Map<string, boolean>([["", false]]);
  const leftOut = (path: string, isFolder: boolean): boolean => {
    const known = answers.get(path);
    if (known !== undefined) return known;
    const answer = leftOut(parentOf(path), true) || excluded(path, isFolder);
    answers.set(path, answer);
    return answer;
  };
  return [...tree.values()].filter((entry) => !leftOut(entry.path, entry.type === "folder"));
}

function refused(from: string, why: string, cause?: unknown): OpsError {
  return new OpsError("source", `${printable(from)}: ${why}`, {
    hint: "make the archive again, from inside the release folder: tar -cf release.tar .",
    cause,
  });
}
