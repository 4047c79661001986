import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { pack as tarPack } from "tar-stream";
import { unpackPayload } from "../../lib/payload/unpack.ts";
import { opsError } from "./errors.ts";
import { pack } from "./pack.ts";
import { readTree, workplace } from "./tree.ts";

/** A tar entry: `path=content`, `path/`, `path->target` (symlink), `path=>target` (hard link), `path!type`. */
async function tarOf(...entries: readonly string[]): Promise<Buffer> {
  const tar = tarPack();
  for (const entry of entries) {
    const link = /^(.*?)(->|=>)(.*)$/s.exec(entry);
    const special = /^(.*)!(.*)$/s.exec(entry);
    const file = /^(.*?)=(.*)$/s.exec(entry);
    if (link !== null) {
      const type = link[2] === "->" ? "symlink" : "link";
      tar.entry({ name: link[1] ?? "", type, linkname: link[3] ?? "" });
    } else if (special !== null) tar.entry({ name: special[1] ?? "", type: special[2] as "fifo" });
    else if (file !== null) tar.entry({ name: file[1] ?? "", mode: 0o644 }, file[2] ?? "");
    else tar.entry({ name: entry, type: "directory", mode: 0o750 });
  }
  tar.finalize();
  return await buffer(tar as unknown as AsyncIterable<Uint8Array>);
}

/** Gives the first header type flag `flag`, and its checksum again. */
function retyped(tar: Buffer, flag: string): Buffer {
  tar.write(flag, 156, "latin1");
  tar.fill(" ", 148, 156);
  let sum = 0;
  for (const byte of tar.subarray(0, 512)) sum += byte;
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return tar;
}

const REFUSED: Readonly<Record<string, readonly [tar: Promise<Buffer>, message: string]>> = {
  "a path up": [tarOf("a=1", "../evil=x"), '".." part'],
  "a path up, inside": [tarOf("a/../../evil=x"), '".." part'],
  "a path up in a long name": [tarOf(`${"long/".repeat(60)}../evil=x`), '".." part'],
  "an absolute path": [tarOf("/tmp/evil=x"), "is absolute"],
  "a symlink called up": [tarOf("../evil->/etc"), '".." part'],
  "a folder up": [tarOf("../evil/"), '".." part'],
  "a file through a symlink": [tarOf("out->/tmp", "out/evil=x"), "which is a symlink"],
  "a folder through a symlink": [tarOf("out->/tmp", "out/evil/"), "which is a symlink"],
  "a file through a symlink, two levels": [tarOf("a/", "a/out->..", "a/out/b/evil=x"), "which is a symlink"],
  "a symlink in a file's folder's place": [tarOf("out/evil=x", "out->/tmp"), "as a folder and as a symlink"],
  "a folder in a symlink's place": [tarOf("out->/tmp", "out/"), "as a symlink and as a folder"],
  "a file in a symlink's place": [tarOf("out->/tmp/evil", "out=x"), "as a symlink and as a file"],
  "a file as parent": [tarOf("a=1", "a/b=2"), "which is a file"],
  "a hard link out": [tarOf("a=>/etc/passwd"), "is absolute"],
  "a hard link up": [tarOf("a=>../../etc/passwd"), '".." part'],
  "a hard link to nothing": [tarOf("a=>b"), "which it lacks"],
  "a hard link to a folder": [tarOf("b/", "a=>b"), "which it lacks"],
  "a sparse file": [tarOf("a=1").then((tar) => retyped(tar, "S")), "only tar knows"],
  "a damaged header": [tarOf("a=1", "b=2").then((tar) => tar.fill("?", 1024, 1100)), "corrupted"],
  "an end that is missing": [tarOf("a=1").then((tar) => tar.subarray(0, 1024)), "a part may be missing"],
};

for (const [name, [tar, message]] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, async () => {
    await using place = await workplace();
    writeFileSync(place.at("release.tar"), await tar);
    const error = await opsError(pack("release.tar", place.at("in/payload"), { cwd: place.root }));
    expect(error.code).toBe("source");
    expect(error.message).toStartWith("release.tar: ");
    expect(error.message).toContain(message);
    expect(readTree(place.root)).toHaveLength(1);
  });
}

test("harmless oddities are read as tar would read them", async () => {
  await using place = await workplace();
  const tar = await tarOf(
    "./",
    "./a//b/./c=old",
    "dev!character-device",
    "./a/b/c=newer",
    "a/",
    "link->/x",
    "link->a",
    "hard=>./a/b/c",
  );
  writeFileSync(place.at("release"), tar);
  const { manifest, warnings } = await pack(place.at("release"), place.at("payload"));
  expect(warnings).toEqual(["dev is a device and was left out"]);
  expect(manifest.entries.map(({ type, path }) => `${type} ${path}`)).toEqual([
    "folder a",
    "folder a/b",
    "file a/b/c",
    "file hard",
    "symlink link",
  ]);
  await unpackPayload(place.at("payload"), place.at("out"));
  const hash = Bun.CryptoHasher.hash("sha256", "newer", "hex");
  expect(readTree(place.at("out"))).toEqual([
    `file 0644 "a/b/c" 5 ${hash}`,
    `file 0644 "hard" 5 ${hash}`,
    'folder 0750 "a"',
    'folder 0755 "a/b"',
    'symlink "link" → "a"',
  ]);
});
