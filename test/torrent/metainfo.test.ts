import { expect, test } from "bun:test";
import bencode, { type Bencodable } from "bencode";
import fc from "fast-check";
import { OpsError } from "../../lib/errors.ts";
import { parseTorrent } from "../../lib/torrent/metainfo.ts";

type Fields = Readonly<Record<string, Bencodable | undefined>>;

const hashes = (count: number) => Buffer.alloc(20 * count, 7);

/** Metainfo of one file of 20,000 bytes, changed by `info`; undefined takes a key away. */
function metainfo(info: Fields = {}, outer: Fields = {}): Uint8Array {
  const all: Fields = { name: "a", "piece length": 16384, pieces: hashes(2), length: 20_000, ...info };
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return bencode.encode({ ...outer, info: kept });
}

function files(...list: readonly (readonly [length: number, ...path: readonly string[]])[]): Fields {
  const total = list.reduce((sum, [length]) => sum + length, 0);
  return {
    length: undefined,
    pieces: hashes(Math.ceil(total / 16384)),
    files: list.map(([length, ...path]) => ({ length, path })),
  };
}

const text = (bencoded: string) => Buffer.from(bencoded, "latin1");

const REFUSED: Readonly<Record<string, readonly [bytes: Uint8Array, message: string]>> = {
  "no bytes": [text(""), "malformed"],
  "a web page": [text("<html>"), "malformed"],
  "a number": [text("i1e"), "malformed"],
  "a cut end": [metainfo().slice(0, -1), "malformed"],
  "bytes after the end": [Buffer.concat([metainfo(), text("e")]), "bytes follow"],
  "a string too long": [text("d4:info9999999:xe"), "malformed string"],
  "two infos": [text("d4:infode4:infodee"), "two"],
  "endless nesting": [text(`d4:info${"l".repeat(100_000)}`), "nesting"],
  "a number that is text": [text("d1:aixee"), "malformed integer"],
  "no info": [text("d1:a1:be"), "no info"],
  "an info that is text": [text("d4:info1:be"), "no info"],
  "no name": [metainfo({ name: undefined }), "name"],
  "a name up": [metainfo({ name: ".." }), "no file name"],
  "a name with a slash": [metainfo({ name: "a/../../etc" }), "no file name"],
  "an empty name": [metainfo({ name: "" }), "no file name"],
  "a name with a NUL": [metainfo({ name: "a\0" }), "no file name"],
  "a name that is not UTF-8": [metainfo({ name: Buffer.from([0xff]) }), "not UTF-8"],
  "no pieces": [metainfo({ pieces: undefined }), "no pieces"],
  "v2 only": [metainfo({ pieces: undefined, "meta version": 2 }), "v2 only"],
  "too few pieces": [metainfo({ pieces: hashes(1) }), "1 piece hashes where its files need 2"],
  "half a piece": [metainfo({ pieces: Buffer.alloc(30) }), "piece hashes"],
  "a piece length of nothing": [metainfo({ "piece length": 0 }), "piece length"],
  "a negative piece length": [metainfo({ "piece length": -1 }), "piece length"],
  "a negative length": [metainfo({ length: -1 }), "length"],
  "no bytes to share": [metainfo({ length: 0, pieces: hashes(0) }), "no bytes"],
  "no files": [metainfo({ length: undefined, files: [] }), "files is empty"],
  "a path of nothing": [metainfo(files([5])), "no path"],
  "a path up": [metainfo(files([5, "..", "evil"])), '".." part'],
  "a path up, inside": [metainfo(files([5, "a", "..", "..", "evil"])), '".." part'],
  "an absolute path": [metainfo(files([5, "/etc", "passwd"])), '"/" inside'],
  "a slash in a part": [metainfo(files([5, "a/b"])), '"/" inside'],
  "an empty part": [metainfo(files([5, "a", "", "b"])), "empty part"],
  "a dot": [metainfo(files([5, ".", "b"])), '"." part'],
  "a NUL in a path": [metainfo(files([5, "a\0b"])), "NUL"],
  "one path twice": [metainfo(files([5, "a"], [6, "a"])), "twice"],
  "a file as a folder": [metainfo(files([5, "a", "b", "c"], [6, "a", "b"])), "both a file and a folder"],
  "sizes beyond counting": [
    metainfo({
      ...files([5, "a"]),
      files: [
        { length: 9e15, path: ["a"] },
        { length: 9e15, path: ["b"] },
      ],
    }),
    "too large",
  ],
  "padding files": [
    metainfo({ ...files([5, "a"]), files: [{ attr: "p", length: 5, path: [".pad", "5"] }] }),
    "padding",
  ],
  "announce that is a number": [metainfo({}, { announce: 1 }), "announce"],
  "tiers that are text": [metainfo({}, { "announce-list": ["http://a"] }), "announce-list"],
};

for (const [name, [bytes, message]] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, () => {
    let error: unknown;
    try {
      parseTorrent(bytes);
    } catch (reason) {
      error = reason;
    }
    if (!(error instanceof OpsError)) throw error ?? new Error("it was accepted");
    expect([error.code, error.message]).toEqual(["torrent", expect.stringContaining(message)]);
    expect(error.hint).toBeString();
  });
}

test("trackers are listed once each, in order", () => {
  const outer = { announce: "http://a", "announce-list": [["http://b", "http://a"], ["udp://c"]] };
  expect(parseTorrent(metainfo({}, outer)).announce).toEqual(["http://a", "http://b", "udp://c"]);
  expect(parseTorrent(metainfo()).announce).toEqual([]);
  expect(parseTorrent(metainfo({ private: 1 })).private).toBe(true);
  expect(parseTorrent(metainfo({ private: 0 })).private).toBe(false);
});

test("damaged metainfo is refused or read, never a crash", () => {
  const good = metainfo(files([5, "a", "b"], [20_000, "c"]), { announce: "http://a" });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(3), (at, byte, cut) => {
      const bytes = good.slice(0, good.length - cut);
      bytes[at] = byte;
      try {
        const torrent = parseTorrent(bytes);
        expect(torrent.files.every((file) => !`/${file.path}/`.includes("/../"))).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(OpsError);
      }
    }),
    { numRuns: 2000 },
  );
});
