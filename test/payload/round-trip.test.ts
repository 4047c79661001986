import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, statSync, utimesSync } from "node:fs";
import fc from "fast-check";
import { contentBytes, payloadLayout } from "../../lib/payload/layout.ts";
import type { FileEntry } from "../../lib/payload/types.ts";
import { unpackPayload } from "../../lib/payload/unpack.ts";
import { verifyTree } from "../../lib/payload/verify-tree.ts";
import { createTorrent } from "../../lib/torrent/create.ts";
import { runAsNobody } from "./children.ts";
import { fingerprint, pack } from "./pack.ts";
import { randomTree } from "./random-tree.ts";
import { ODD_TREE, readTree, type Tree, workplace, writeTree } from "./tree.ts";

setDefaultTimeout(60_000); // for machines that are busy with other things

for (const compress of ["none", "zstd"] as const) {
  test(`a tree of everything odd comes back byte for byte (${compress})`, async () => {
    await using place = await workplace();
    writeTree(place.at("source"), ODD_TREE);
    const payload = await pack(place.at("source"), place.at("payload"), { compress });
    expect(payload.manifest.compression).toBe(compress);
    expect(payload.warnings).toEqual([]);
    const sizes = ["manifest.json", "new"].map((name) => statSync(place.at("payload", name)).size);
    expect(payload.totalBytes).toBe((sizes[0] ?? 0) + (sizes[1] ?? 0));

    const seen: number[] = [];
    const result = await unpackPayload(payload.path, place.at("out"), {
      onProgress: (bytes) => seen.push(bytes),
    });
    expect(readTree(place.at("out"))).toEqual(readTree(place.at("source")));
    const files = payload.manifest.entries.filter((entry) => entry.type === "file");
    expect(result).toEqual({ files: files.length, bytes: files.reduce((sum, file) => sum + file.size, 0) });
    expect(seen.at(-1)).toBe(result.bytes);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(statSync(place.at("out")).mode & 0o7777).toBe(0o755);
    expect(await verifyTree(payload.manifest, place.at("out"))).toEqual([]);
  });
}

test("equal files are stored once", async () => {
  await using place = await workplace();
  const big = Buffer.alloc(2 * 1024 * 1024, "x");
  writeTree(place.at("source"), {
    a: { content: big },
    b: { content: big },
    c: { content: "c" },
    d: { content: "c" },
  });
  const { manifest } = await pack(place.at("source"), place.at("payload"));
  const { chunks, chunksOf } = payloadLayout(manifest);
  const [a, b, c, d] = manifest.entries as readonly FileEntry[] as readonly [
    FileEntry,
    FileEntry,
    FileEntry,
    FileEntry,
  ];
  expect(chunksOf(b)).toEqual(chunksOf(a));
  expect(chunksOf(d)).toEqual(chunksOf(c));
  expect(contentBytes(manifest)).toBe(chunks.reduce((sum, { length }) => sum + length, 0));
  expect(contentBytes(manifest)).toBeLessThan(big.length / 4); // it repeats itself, too
});

test("the same tree has the same infohash, wherever, whenever and in whatever order it was made", async () => {
  await using place = await workplace();
  writeTree(place.at("first"), ODD_TREE);
  const umask = process.umask(0o077);
  writeTree(place.at("elsewhere/second"), ODD_TREE, { reverse: true });
  process.umask(umask);
  utimesSync(place.at("elsewhere/second/app.js"), 1, 1);
  const first = await pack(place.at("first"), place.at("payload-1"));
  const second = await pack(place.at("elsewhere/second"), place.at("payload-2"));
  expect(fingerprint(second)).toEqual(fingerprint(first));
  const torrents = await Promise.all(
    [first, second].map(({ path }) => createTorrent(path, { name: "release" })),
  );
  expect(torrents[1]?.infohash).toBe(torrents[0]?.infohash);

  chmodSync(place.at("elsewhere/second/app.js"), 0o755);
  expect(fingerprint(await pack(place.at("elsewhere/second"), place.at("payload-3")))).not.toEqual(
    fingerprint(first),
  );
});

test("a user without rights, under a strict umask, gets the same tree, and can pack what it may read", async () => {
  await using place = await workplace();
  // Others may not set setgid for groups they aren't in, nor read what has mode 0: those are root's to try.
  const { "bin/setgid": _, unreadable: __, ...tree } = ODD_TREE;
  writeTree(place.at("source"), tree);
  await pack(place.at("source"), place.at("payload"));
  mkdirSync(place.at("work"));
  chmodSync(place.at("work"), 0o777);
  const output = await runAsNobody(
    `
    const { unpackPayload } = await import("./lib/payload/unpack.ts");
    const { openSource } = await import("./lib/payload/source.ts");
    const { packSource } = await import("./lib/payload/pack.ts");
    become();
    const [payload, work] = process.argv.slice(1);
    await unpackPayload(payload, work + "/out");
    await using source = await openSource(work + "/out");
    await packSource(source, { folder: work + "/payload" });
    console.log("uid", process.getuid());`,
    [place.at("payload"), place.at("work")],
  );
  expect(output).toContain("uid 65534");
  expect(readTree(place.at("work/out"))).toEqual(readTree(place.at("source")));
  expect(fingerprint({ path: place.at("work/payload") })).toEqual(fingerprint({ path: place.at("payload") }));
});

test("mode 0 files come back for a user without rights too", async () => {
  await using place = await workplace();
  const content = Buffer.alloc(2 * 1024 * 1024, "m");
  writeTree(place.at("source"), {
    a: { content, mode: 0 },
    b: { content, mode: 0 },
    c: { content: "c", mode: 0 },
    c2: { content: Buffer.alloc(2 * 1024 * 1024, "n"), mode: 0 },
    // Made of what is in the files before it.
    d: { content: Buffer.concat([content, Buffer.from("and more")]), mode: 0 },
  });
  await pack(place.at("source"), place.at("payload"));
  mkdirSync(place.at("work"));
  chmodSync(place.at("work"), 0o777);
  await runAsNobody(
    `const { unpackPayload } = await import("./lib/payload/unpack.ts");
    become();
    await unpackPayload(process.argv[1], process.argv[2] + "/out");`,
    [place.at("payload"), place.at("work")],
  );
  expect(readTree(place.at("work/out"))).toEqual(readTree(place.at("source")));
});

test("random trees come back as they were", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomTree,
      fc.constantFrom("auto" as const, "none" as const, "zstd" as const),
      async (random, compress) => {
        await using place = await workplace();
        writeTree(place.at("source"), random);
        const payload = await pack(place.at("source"), place.at("payload"), { compress });
        await unpackPayload(payload.path, place.at("out"));
        expect(readTree(place.at("out"))).toEqual(readTree(place.at("source")));
      },
    ),
    { numRuns: 60 },
  );
});

test("20,000 small files pack and unpack in seconds", async () => {
  // In memory: ext4 makes files many times slower for a while after thousands were removed, as tests do.
  await using place = await workplace({ inMemory: true });
  const files: Record<string, Tree[string]> = {};
  for (let index = 0; index < 20_000; index++) {
    files[`package-${index % 200}/lib/${index % 7}/module-${index}.js`] = {
      content: `// ${index}\n`.repeat(index % 400),
    };
  }
  writeTree(place.at("source"), files);
  const started = performance.now();
  const payload = await pack(place.at("source"), place.at("payload"));
  const packed = performance.now();
  await unpackPayload(payload.path, place.at("out"));
  const unpacked = performance.now();
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(2);
  console.log(
    `20,000 files, ${(contentBytes(payload.manifest) / 1048576).toFixed(0)} MiB: ` +
      `packed in ${seconds(started, packed)} s, unpacked in ${seconds(packed, unpacked)} s`,
  );
  expect(await verifyTree(payload.manifest, place.at("out"))).toEqual([]);
});
