#!/usr/bin/env bun
// A .torrent, made, shown or checked against files: bun scripts/torrent.ts make ./release -o release.torrent
import {
  compareTorrent,
  createTorrent,
  describeTorrent,
  EXIT,
  formatBytes,
  listFiles,
  OpsError,
  parseOptions,
  readTorrent,
  saveTorrent,
  script,
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
    saveTorrent(file, torrent);
    console.log(`${file}\n${describeTorrent(torrent, formatBytes)}`);
    return 0;
  }
  if (verb === "show" && second === undefined) {
    const torrent = await readTorrent(first);
    console.log(`${describeTorrent(torrent, formatBytes)}\n${listFiles(torrent, formatBytes)}`);
    return 0;
  }
  if (verb === "verify" && second !== undefined) {
    const torrent = await readTorrent(first);
    const { pieces, rightPieces, differing } = await compareTorrent(torrent, second, { signal });
    for (const path of differing) console.log(`differs: ${path}`);
    console.log(
      `${rightPieces} of ${pieces} pieces right, ${differing.length} of ${torrent.files.length} files differ`,
    );
    return differing.length === 0 ? 0 : EXIT.failed;
  }
  throw new OpsError("usage", `this needs ${USAGE}`, { hint: "--help shows an example" });
});
