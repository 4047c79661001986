import { expect, test } from "bun:test";
import { parseManifest, serializeManifest } from "../../lib/payload/manifest.ts";
import type { Manifest } from "../../lib/payload/types.ts";
import { opsError } from "./errors.ts";

const sha256 = "a".repeat(64);
const other = "b".repeat(64);
const third = "c".repeat(64);
const chunks = [
  [7, sha256],
  [5, other],
] as const;
const folder = (path: string, mode = 0o755) => ({ type: "folder", path, mode });
const file = (path: string, rest: object = {}) => ({
  type: "file",
  path,
  mode: 0o644,
  size: 0,
  sha256,
  ...rest,
});
const symlink = (path: string, target = "a") => ({ type: "symlink", path, target });
const manifest = (entries: readonly unknown[], rest: object = {}) =>
  JSON.stringify({ version: 2, compression: "none", keptBytes: 0, newBytes: 0, kept: [], entries, ...rest });

test("a manifest is read as it was written, and written the same again", () => {
  const value: Manifest = {
    version: 2,
    compression: "zstd",
    keptBytes: 7,
    newBytes: 5,
    kept: [[0, 1]],
    entries: [
      { type: "folder", path: "a", mode: 0o2755 },
      { type: "file", path: "a/b\n", mode: 0o4755, size: 7, sha256 },
      { type: "file", path: "a/c", mode: 0, size: 7, sha256 },
      { type: "file", path: "a/d", mode: 0o644, size: 12, sha256: third, chunks },
      { type: "symlink", path: "ü", target: "../../etc" },
    ],
  };
  const text = serializeManifest(value);
  expect(parseManifest(text)).toEqual(value);
  expect(serializeManifest(parseManifest(text))).toBe(text);
  const shuffled = value.entries.map((entry) => Object.fromEntries(Object.entries(entry).reverse()));
  expect(serializeManifest({ ...value, entries: shuffled as unknown as Manifest["entries"] })).toBe(text);
  expect(text.split("\n")).toHaveLength(8);
});

const REFUSED: Readonly<Record<string, readonly [text: string, message: string]>> = {
  "no JSON": ["{", "not JSON"],
  "a list": ["[]", "no object"],
  "no entries": [
    JSON.stringify({ version: 2, compression: "none", keptBytes: 0, newBytes: 0, kept: [] }),
    "no entries",
  ],
  "unknown compression": [manifest([], { compression: "lzma" }), "compression"],
  "negative size": [manifest([], { newBytes: -1 }), "newBytes"],
  "an entry that is null": [manifest([null]), "no path"],
  "an unknown type": [manifest([{ type: "device", path: "a", mode: 0 }]), "type is unknown"],
  "an empty path": [manifest([folder("")]), "is empty"],
  "an absolute path": [manifest([file("/etc/passwd")]), "is absolute"],
  "a path up": [manifest([file("../x")]), '".." part'],
  "a path up, inside": [manifest([folder("a"), file("a/../../x")]), '".." part'],
  "a path up, at the end": [manifest([folder("a"), folder("a/..")]), '".." part'],
  "a dot": [manifest([file("./x")]), '"." part'],
  "a double slash": [manifest([folder("a"), file("a//x")]), "empty part"],
  "a slash at the end": [manifest([folder("a/")]), "empty part"],
  "a NUL": [manifest([file("a\0b")]), "NUL"],
  "half a character": [manifest([file("a\ud800")]), "Unicode"],
  "one path twice": [manifest([file("a"), file("a")]), "named twice"],
  "a file and a folder of one name": [manifest([file("a"), folder("a")]), "named twice"],
  "an unsorted list": [manifest([file("b"), file("a")]), "out of order"],
  "a file as parent": [manifest([file("a"), file("a/b")]), "no folder"],
  "a symlink as parent": [manifest([symlink("a", "/etc"), file("a/b")]), "no folder"],
  "a parent that isn't named": [manifest([file("a/b")]), "no folder"],
  "a mode that is text": [manifest([{ ...folder("a"), mode: "755" }]), "mode"],
  "a mode too large": [manifest([folder("a", 0o10000)]), "mode"],
  "a size that is no integer": [manifest([file("a", { size: 1.5 })]), "size"],
  "a hash too short": [manifest([file("a", { sha256: "ab" })]), "sha256"],
  "a hash in capitals": [manifest([file("a", { sha256: "A".repeat(64) })]), "sha256"],
  "bytes outside the content": [manifest([file("a", { size: 2 })], { newBytes: 1 }), "need 2 bytes of new"],
  "content that no file has": [manifest([file("a", { size: 4 })], { newBytes: 5 }), "need 4 bytes of new"],
  "one hash of two sizes": [
    manifest([file("a", { size: 4 }), file("b", { size: 3 })], { newBytes: 4 }),
    "another size for equal bytes",
  ],
  "kept bytes without a run": [manifest([file("a", { size: 4 })], { keptBytes: 4 }), "need 0 bytes of kept"],
  "a run past the end": [
    manifest([file("a", { size: 4 })], { keptBytes: 4, kept: [[0, 2]] }),
    "chunks it doesn't have",
  ],
  "a run of none": [manifest([], { kept: [[0, 0]] }), "runs"],
  "runs that touch": [
    manifest([file("a", { size: 4 }), file("b", { size: 3, sha256: other })], {
      keptBytes: 7,
      kept: [
        [0, 1],
        [1, 1],
      ],
    }),
    "runs",
  ],
  "runs out of order": [
    manifest([], {
      kept: [
        [3, 1],
        [0, 1],
      ],
    }),
    "runs",
  ],
  "runs that are none": [manifest([], { kept: {} }), "runs"],
  "chunks that are none": [manifest([file("a", { size: 7, chunks: [[7]] })]), "no chunks"],
  "an empty chunk": [
    manifest([
      file("a", {
        size: 7,
        chunks: [
          [0, other],
          [7, sha256],
        ],
      }),
    ]),
    "no chunks",
  ],
  "chunks that don't add up": [manifest([file("a", { size: 13, chunks })]), "don't add up"],
  "a symlink to nothing": [manifest([symlink("a", "")]), "target"],
  "a symlink to a NUL": [manifest([symlink("a", "b\0")]), "target"],
};

for (const [name, [text, message]] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, async () => {
    const error = await opsError(() => parseManifest(text));
    expect(error.code).toBe("hash");
    expect(error.message).toContain(message);
    expect(error.hint).toBeString();
  });
}

test("a version from the future is another protocol, not damage", async () => {
  expect((await opsError(() => parseManifest(manifest([], { version: 3 })))).code).toBe("protocol");
});
