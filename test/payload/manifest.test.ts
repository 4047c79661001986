import { expect, test } from "bun:test";
import { MANIFEST_FILE, parseManifest, serializeManifest } from "../../lib/payload/manifest.ts";
import type { Manifest } from "../../lib/payload/types.ts";
import { opsError } from "./errors.ts";

const sha256 = "a".repeat(64);
const other = "b".repeat(64);
const folder = (path: string, mode = 0o755) => ({ type: "folder", path, mode });
const file = (path: string, rest: object = {}) => ({
  type: "file",
  path,
  mode: 0o644,
  size: 0,
  offset: 0,
  sha256,
  ...rest,
});
const symlink = (path: string, target = "a") => ({ type: "symlink", path, target });
const manifest = (entries: readonly unknown[], rest: object = {}) =>
  JSON.stringify({ version: 1, compression: "none", contentBytes: 0, entries, ...rest });

test("a manifest is read as it was written, and written the same again", () => {
  const value: Manifest = {
    version: 1,
    compression: "zstd",
    contentBytes: 7,
    entries: [
      { type: "folder", path: "a", mode: 0o2755 },
      { type: "file", path: "a/b\n", mode: 0o4755, size: 7, offset: 0, sha256 },
      { type: "file", path: "a/c", mode: 0, size: 7, offset: 0, sha256 },
      { type: "symlink", path: "ü", target: "../../etc" },
    ],
  };
  const text = serializeManifest(value);
  expect(parseManifest(text)).toEqual(value);
  expect(serializeManifest(parseManifest(text))).toBe(text);
  const shuffled = value.entries.map((entry) => Object.fromEntries(Object.entries(entry).reverse()));
  expect(serializeManifest({ ...value, entries: shuffled as unknown as Manifest["entries"] })).toBe(text);
  expect(text.split("\n")).toHaveLength(7);
  expect(MANIFEST_FILE).toBe("manifest.json");
});

const REFUSED: Readonly<Record<string, readonly [text: string, message: string]>> = {
  "no JSON": ["{", "not JSON"],
  "a list": ["[]", "no object"],
  "no entries": [JSON.stringify({ version: 1, compression: "none", contentBytes: 0 }), "no entries"],
  "unknown compression": [manifest([], { compression: "lzma" }), "compression"],
  "negative size": [manifest([], { contentBytes: -1 }), "contentBytes"],
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
  "bytes outside the content": [manifest([file("a", { size: 2 })], { contentBytes: 1 }), "need 2 bytes"],
  "an empty file outside": [manifest([file("a", { offset: 1 })]), "outside"],
  "an overlap": [
    manifest([file("a", { size: 4 }), file("b", { size: 4, offset: 2, sha256: other })], { contentBytes: 6 }),
    "does not follow",
  ],
  "shared bytes of another hash": [
    manifest([file("a", { size: 4 }), file("b", { size: 4, sha256: other })], { contentBytes: 4 }),
    "does not follow",
  ],
  "a gap": [manifest([file("a", { size: 4, offset: 1 })], { contentBytes: 5 }), "does not follow"],
  "content that no file has": [manifest([file("a", { size: 4 })], { contentBytes: 5 }), "need 4 bytes"],
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
  expect((await opsError(() => parseManifest(manifest([], { version: 2 })))).code).toBe("protocol");
});
