#!/usr/bin/env bun
// A .torrent, made, shown or checked against files: bun scripts/torrent.ts make ./release -o release.torrent
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createTorrent,
  filesOfPieces,
  formatBytes,
  OpsError,
  parseOptions,
  readTorrent,
  script,
  type Torrent,
  verifyTorrent,
} from "../lib/index.ts";

const USAGE = "make PATH | show FILE.torrent | verify FILE.torrent PATH";

await script(async (signal) => {
  const options = parseOptions(Bun.argv.slice(2), {
    example:
      "bun scripts/torrent.ts make ./release -o release.torrent --announce http://deploy1:6969/announce",
    about:
      "Makes a BitTorrent v1 torrent of a file or folder, shows one, or checks files against one (exit 2: some differ).",
    words: USAGE,
    minWords: 2,
    maxWords: 3,
    flags: {
      output: { type: "text", short: "o", value: "FILE", help: "where the torrent goes (NAME.torrent)" },
      name: { type: "text", value: "NAME", help: "what clients call it (the last part of PATH)" },
      announce: { type: "list", value: "URL", help: "a tracker; the first is tried first (repeatable)" },
      public: { type: "switch", help: "let clients use DHT and peer exchange; private otherwise" },
      pieceLength: { type: "count", value: "N", min: 16384, help: "bytes, a power of two (chosen by size)" },
      comment: { type: "text", value: "TEXT", help: "for whoever looks at the torrent" },
    },
  });
  const [verb, first = "", second] = options.words;
  if (verb === "make" && second === undefined) {
    const { output, pieceLength, announce, name, comment } = options;
    const wishes = { name, announce, comment, pieceLength, private: !options.public, signal };
    const torrent = await createTorrent(first, wishes).catch((error: unknown) => {
      throw error instanceof RangeError ? new OpsError("usage", error.message) : error;
    });
    const file = output ?? `${torrent.name}.torrent`;
    save(file, torrent.metainfo);
    console.log(`${file}\n${summary(torrent)}`);
    return 0;
  }
  if (verb === "show" && second === undefined) {
    const torrent = await readTorrent(first);
    console.log(summary(torrent));
    for (const file of torrent.files)
      console.log(`${formatBytes(file.length).padStart(10)}  ${plain(file.path)}`);
    return 0;
  }
  if (verb === "verify" && second !== undefined) {
    const torrent = await readTorrent(first);
    if (!existsSync(second)) {
      throw new OpsError("source", `${second}: no such file or folder`, {
        hint: "name what the torrent was made of",
      });
    }
    const bad = await verifyTorrent(torrent, second, { signal });
    const files = new Set([...filesOfPieces(torrent, bad), ...wrongSizes(torrent, second)]);
    for (const path of files) console.log(`differs: ${plain(path)}`);
    const pieces = torrent.pieceHashes.length / 20;
    console.log(
      `${pieces - bad.length} of ${pieces} pieces right, ${files.size} of ${torrent.files.length} files differ`,
    );
    return files.size === 0 ? 0 : 2;
  }
  throw new OpsError("usage", `this needs ${USAGE}`, { hint: "--help shows an example" });
});

function summary(torrent: Torrent): string {
  const rows = [
    ["name", plain(torrent.name)],
    ["infohash", torrent.infohash],
    [
      "size",
      `${formatBytes(torrent.totalBytes)} (${torrent.totalBytes} bytes) in ${torrent.files.length} file(s)`,
    ],
    ["pieces", `${torrent.pieceHashes.length / 20} of ${formatBytes(torrent.pieceLength)}`],
    ["private", torrent.private ? "yes" : "no"],
    ...torrent.announce.map((url) => ["announce", plain(url)]),
  ];
  return rows.map(([name = "", value]) => `${name.padEnd(10)}${value}`).join("\n");
}

/** What no piece tells: empty files that are missing, and files that are too long. */
function wrongSizes(torrent: Torrent, path: string): readonly string[] {
  const onDisk = (name: string) => (statSync(path).isFile() ? path : join(path, name));
  const sizeOf = (name: string) => statSync(onDisk(name), { throwIfNoEntry: false })?.size;
  return torrent.files.filter((file) => sizeOf(file.path) !== file.length).map((file) => file.path);
}

function save(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes);
  } catch (cause) {
    throw new OpsError("usage", `can't write ${file}: ${(cause as Error).message}`, {
      hint: "choose another -o FILE",
      cause,
    });
  }
}

// A torrent's names are a stranger's: none may move this terminal's cursor.
function plain(name: string): string {
  return name.replace(/\p{Cc}/gu, "?");
}
