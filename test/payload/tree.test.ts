import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseManifest, serializeManifest } from "../../lib/payload/manifest.ts";
import { applyPatch, diffTree } from "../../lib/payload/patch.ts";
import { parseTree, serializeTree, treeDigest } from "../../lib/payload/tree.ts";
import type { Chunk, Entry, FileEntry, Manifest } from "../../lib/payload/types.ts";
import { opsError } from "./errors.ts";

const hash = (seed: string | number) => Bun.CryptoHasher.hash("sha256", `${seed}`, "hex");
const file = (path: string, rest: Partial<FileEntry> = {}): FileEntry => ({
  type: "file",
  path,
  mode: 0o644,
  size: 3,
  sha256: hash(path),
  ...rest,
});
const ENTRIES: readonly Entry[] = [
  { type: "folder", path: "a", mode: 0o755 },
  file("a/b"),
  file("a/c", {
    size: 7,
    chunks: [
      [4, hash(1)],
      [3, hash(2)],
    ],
  }),
  { type: "symlink", path: "l", target: "a/b" },
];
const manifestOf = (entries: readonly Entry[], rest: Partial<Manifest> = {}): Manifest => {
  const chunks = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type !== "file") continue;
    for (const [length, sha256] of entry.chunks ?? [[entry.size, entry.sha256] as const]) {
      chunks.set(sha256, length);
    }
  }
  const newBytes = [...chunks.values()].reduce((sum, length) => sum + length, 0);
  return { version: 2, compression: "none", keptBytes: 0, newBytes, kept: [], entries, ...rest };
};

test("a tree is read as it was written", () => {
  const text = serializeTree(ENTRIES);
  expect(parseTree(text)).toEqual(ENTRIES);
  expect(serializeTree(parseTree(text))).toBe(text);
  expect(text.split("\n")).toHaveLength(ENTRIES.length + 3);
});

test("a tree's digest is what the release is: not how it is cut or packed, but everything else", () => {
  const digest = treeDigest(ENTRIES);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const [folder, b, c, link] = ENTRIES as [Entry, FileEntry, FileEntry, Entry];
  const { chunks: _, ...uncut } = c;
  expect(treeDigest([folder, b, uncut, link])).toBe(digest);
  const others: readonly (readonly Entry[])[] = [
    ENTRIES.slice(1),
    [{ type: "folder", path: "a", mode: 0o700 }, b, c, link],
    [folder, { ...b, mode: 0o755 }, c, link],
    [folder, { ...b, sha256: hash("other") }, c, link],
    [folder, { ...b, path: "a/a" }, c, link],
    [folder, b, c, { type: "symlink", path: "l", target: "a/c" }],
    [],
  ];
  expect(new Set([digest, ...others.map(treeDigest)]).size).toBe(others.length + 1);
});

test("trees from elsewhere are checked as manifests are", async () => {
  expect((await opsError(() => parseTree("{"))).code).toBe("hash");
  expect((await opsError(() => parseTree('{"version":1}'))).message).toContain("no entries");
  expect((await opsError(() => parseTree('{"version":9,"entries":[]}'))).code).toBe("protocol");
  const forged = serializeTree([file("../evil")]);
  expect((await opsError(() => parseTree(forged))).message).toContain('".." part');
});

const randomEntries = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(..."abcdefghijklmnop"),
      kind: fc.constantFrom("file", "folder", "symlink", "large"),
      seed: fc.integer({ min: 0, max: 3 }),
    }),
    { selector: ({ name }) => name },
  )
  .map((list) =>
    list
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name: path, kind, seed }): Entry => {
        if (kind === "folder") return { type: "folder", path, mode: seed };
        if (kind === "symlink") return { type: "symlink", path, target: `${seed}` };
        if (kind === "file") return file(path, { sha256: hash(`f${seed}`) });
        const chunks = Array.from(
          { length: 8 },
          (_, at) => [5, hash(`c${at * (seed % 2 === 0 ? 1 : at)}`)] as const,
        );
        return file(path, { size: 40, sha256: hash(`l${seed}`), chunks });
      }),
  );

test("a patch makes the manifest of the base, exactly", () => {
  fc.assert(
    fc.property(randomEntries, randomEntries, (base, entries) => {
      const manifest = manifestOf(entries);
      expect(applyPatch(base, diffTree(base, manifest))).toBe(serializeManifest(manifest));
    }),
  );
});

test("a patch is as small as what changed", () => {
  const base = Array.from({ length: 20_000 }, (_, n) => file(`file-${String(n).padStart(5, "0")}`));
  const long = Array.from({ length: 1600 }, (_, n): Chunk => [65_536, hash(n)]);
  const large = file("large", { size: 1600 * 65_536, chunks: long });
  const cut = long.map((chunk, n): Chunk => (n === 800 ? [65_000, hash("x")] : chunk));
  const changed = base.map((entry, n) => (n % 5000 === 77 ? { ...entry, sha256: hash(`new ${n}`) } : entry));
  const manifest = manifestOf([...changed, file("large", { size: large.size - 536, chunks: cut })]);
  const patch = diffTree([...base, large], manifest);
  expect(patch.length).toBeLessThan(1000);
  expect(parseManifest(applyPatch([...base, large], patch))).toEqual(manifest);

  const moved = base.map((entry) => ({ ...entry, path: `v2-${entry.path}` }));
  const size = diffTree(base, manifestOf(moved)).length;
  expect(size).toBeLessThan(20_000 * 12);
});

test("a patch for another tree, and one that was damaged, make nothing", async () => {
  const patch = diffTree(ENTRIES, manifestOf([...ENTRIES, file("z")]));
  for (const base of [[], ENTRIES.slice(1), [...ENTRIES, file("more")].slice(1), [file("a")]]) {
    expect((await opsError(() => applyPatch(base, patch))).code).toBe("hash");
  }
  const text = Buffer.from(Bun.zstdDecompressSync(patch)).toString();
  for (const bad of [
    Buffer.from("not zstd"),
    patch.subarray(0, patch.length - 3),
    Bun.zstdCompressSync(text.replace("=4", "=3")),
    Bun.zstdCompressSync(text.replace('"path":"z"', '"path":"y"')),
    Bun.zstdCompressSync(text.slice(0, 40)),
    Bun.zstdCompressSync(""),
  ]) {
    const error = await opsError(() => applyPatch(ENTRIES, bad));
    expect([error.code, error.message]).toEqual(["hash", expect.stringContaining("doesn't fit the tree")]);
  }
  const future = Bun.zstdCompressSync(text.replace('{"version":1', '{"version":7'));
  expect((await opsError(() => applyPatch(ENTRIES, future))).code).toBe("protocol");
});
