import { expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { stagePayload } from "../../lib/payload/stage.ts";
import type { Entry, Payload } from "../../lib/payload/types.ts";
import { unpackPayload } from "../../lib/payload/unpack.ts";
import { verifyTree } from "../../lib/payload/verify-tree.ts";
import { arrive } from "./arrive.ts";
import { runAsNobody, runOnSmallDisk } from "./children.ts";
import { opsError } from "./errors.ts";
import { pack } from "./pack.ts";
import { seededNoise } from "./random-tree.ts";
import { ODD_TREE, readTree, type Tree, type Workplace, workplace, writeTree } from "./tree.ts";

setDefaultTimeout(120_000); // for machines that are busy with other things

const MiB = 1024 * 1024;

interface Steps {
  readonly old: Payload;
  readonly payload: Payload;
  readonly base: readonly Entry[];
  /** For `stagePayload` and `arrive`: the old release as a host has it. */
  readonly host: { readonly base: readonly Entry[]; readonly from: string; readonly destination: string };
}

/** Packs `before`, unpacks it to `old` as a host has it, and packs `after` with it as base. */
async function steps(place: Workplace, before: Tree, after: Tree): Promise<Steps> {
  writeTree(place.at("before"), before);
  writeTree(place.at("after"), after);
  const old = await pack(place.at("before"), place.at("payload-old"));
  await unpackPayload(old.path, place.at("old"));
  const base = old.manifest.entries;
  const payload = await pack(place.at("after"), place.at("payload"), { base });
  return { old, payload, base, host: { base, from: place.at("old"), destination: place.at("out") } };
}

test("what was only moved, renamed, copied, emptied or given another mode is not fetched again", async () => {
  await using place = await workplace();
  const { "app.js": app, "bin/run": run, ...rest } = ODD_TREE;
  const { payload, host } = await steps(place, ODD_TREE, {
    ...rest,
    "elsewhere/app.js": app as Tree[string],
    "bin/run": { content: "", mode: 0o755 },
    "bin/run.bak": { ...(run as object), mode: 0o400 } as Tree[string],
    "bin/run.copy": run as Tree[string],
    "large.bin": { ...(rest["large.bin"] as object), mode: 0o444 } as Tree[string],
  });
  expect(payload.manifest.newBytes).toBe(0);
  expect(existsSync(place.at("payload/new"))).toBe(false);
  const { staged, fetched, unpacked } = await arrive(payload, place.at("incoming"), host);
  expect(fetched).toMatchObject({ kept: 0, new: 0 });
  expect(fetched.patch).toBeLessThan(1000);
  expect(staged.drifted).toEqual([]);
  // Only empty files were left to be made.
  expect(unpacked).toEqual({ files: expect.any(Number), bytes: 0 });
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));
  expect(readTree(place.at("old"))).toEqual(readTree(place.at("before")));
});

test("one byte more in the middle of a large file costs a chunk or two", async () => {
  await using place = await workplace();
  const large = seededNoise(1, 24 * MiB);
  const middle = 11 * MiB + 77;
  const inserted = Buffer.concat([large.subarray(0, middle), Buffer.of(7), large.subarray(middle)]);
  const { payload, host } = await steps(
    place,
    { "db/pages": { content: large, mode: 0o600 } },
    { "db/pages": { content: inserted, mode: 0o600 } },
  );
  const { fetched, staged } = await arrive(payload, place.at("incoming"), host);
  expect(fetched.kept).toBe(0);
  expect(fetched.new).toBeLessThan(512 * 1024);
  expect(fetched.patch).toBeLessThan(1000);
  expect(staged.placed).toEqual([]);
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));
});

test("one file in a hundred changed: one part in a hundred travels", async () => {
  await using place = await workplace({ inMemory: true });
  const tree = (version: number) =>
    Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => {
        const seed = index % 100 === 50 ? index + version * 1_000_000 : index;
        return [`lib/${index % 40}/module-${index}.js`, { content: seededNoise(seed, 20_000) }];
      }),
    );
  const { payload, host } = await steps(place, tree(1), tree(2));
  const { fetched, staged } = await arrive(payload, place.at("incoming"), host);
  expect(staged.placed).toHaveLength(990);
  expect(payload.manifest).toMatchObject({ keptBytes: 990 * 20_000, newBytes: 10 * 20_000 });
  expect(fetched.kept).toBe(0);
  expect(fetched.new).toBe(200_000);
  expect(fetched.patch).toBeLessThan(1500);
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));
});

test("what drifted on the host is named and fetched, of a large file only the part", async () => {
  await using place = await workplace();
  const before: Tree = {
    "a/small": { content: "small" },
    "a/twin": { content: "small" },
    "b/gone": { content: "gone" },
    "b/link": { content: "link" },
    "c/large": { content: seededNoise(3, 8 * MiB) },
    "d/shared/log": { content: "a line" },
    REVISION: { content: "v1\n" },
  };
  const { payload, host } = await steps(place, before, { ...before, new: { content: "new" } });
  writeFileSync(place.at("old/a/small"), "SMALL");
  rmSync(place.at("old/b/gone"));
  rmSync(place.at("old/b/link"));
  symlinkSync(place.at("before/b/link"), place.at("old/b/link"));
  const large = readFileSync(place.at("old/c/large"));
  large[5 * MiB] = (large[5 * MiB] ?? 0) ^ 255;
  writeFileSync(place.at("old/c/large"), large);
  writeFileSync(place.at("old/REVISION"), "by hand\n");
  renameSync(place.at("old/d/shared"), place.at("shared"));
  symlinkSync(place.at("shared"), place.at("old/d/shared"));

  const ignore = ["d/shared", "REVISION"];
  const { staged, fetched } = await arrive(payload, place.at("incoming"), { ...host, ignore });
  expect(staged.drifted).toEqual(["a/small", "b/gone", "b/link", "c/large"]);
  // Its twin has the bytes of a/small; behind a symlink nothing is looked for.
  expect(staged.placed).toEqual(["a/small", "a/twin"]);
  expect(fetched.kept).toBeGreaterThan(14);
  expect(fetched.kept).toBeLessThan(600 * 1024);
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));
});

test("hard links of files that may be written, where that is wished; one that was written in is fetched all the same", async () => {
  await using place = await workplace();
  const before: Tree = {
    "written-in": { content: "as it was", mode: 0o644 },
    writable: { content: "writable", mode: 0o644 },
    "other-mode": { content: "other mode", mode: 0o644 },
  };
  const after: Tree = { ...before, "other-mode": { content: "other mode", mode: 0o600 } };
  const { payload, host } = await steps(place, before, after);
  writeFileSync(place.at("old/written-in"), "as it is.");
  const { staged } = await arrive(payload, place.at("incoming"), { ...host, hardlinks: true });
  expect(staged.drifted).toEqual(["written-in"]);
  expect([staged.linked, staged.copied]).toEqual(staged.reflinked > 0 ? [0, 0] : [1, 1]);
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));
});

test("hard links only where nobody may write, the mode is the same and one user owns both", async () => {
  await using place = await workplace();
  const before: Tree = {
    locked: { content: "locked", mode: 0o444 },
    program: { content: "program", mode: 0o555 },
    "of-another": { content: "of another", mode: 0o444 },
    "other-mode": { content: "other mode", mode: 0o444 },
    writable: { content: "writable", mode: 0o644 },
    "group-writable": { content: "group writable", mode: 0o464 },
  };
  const after: Tree = { ...before, "other-mode": { content: "other mode", mode: 0o400 } };
  const { payload, host } = await steps(place, before, after);
  const mayChown = process.getuid?.() === 0;
  if (mayChown) chownSync(place.at("old/of-another"), 65534, 65534);
  const { staged } = await arrive(payload, place.at("incoming"), host);
  const sameFile = Object.keys(before).filter(
    (path) => statSync(place.at("old", path)).ino === statSync(place.at("out", path)).ino,
  );
  // A file system that shares blocks needs no links.
  const linked = staged.reflinked > 0 ? [] : ["locked", "program", ...(mayChown ? [] : ["of-another"])];
  expect(sameFile.toSorted()).toEqual(linked.toSorted());
  expect(staged.linked).toBe(linked.length);
  expect(staged.reflinked + staged.linked + staged.copied).toBe(6);
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));

  writeFileSync(place.at("out/writable"), "changed");
  rmSync(place.at("out/locked"));
  expect(await verifyTree({ entries: host.base }, host.from)).toEqual([]);
});

test("a release of another tool, whose tree nobody wrote down, gives what has the right name and bytes", async () => {
  await using place = await workplace();
  const before: Tree = {
    same: { content: "same" },
    changed: { content: "before" },
    "sub/same": { content: "two" },
  };
  const after: Tree = { ...before, changed: { content: "after!" }, more: { content: "more" } };
  const { payload, host } = await steps(place, before, after);
  const { staged, fetched } = await arrive(payload, place.at("incoming"), { ...host, base: undefined });
  expect(staged).toMatchObject({ placed: ["same", "sub/same"], drifted: [] });
  expect(fetched.kept).toBe(0);
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));
});

test("a release that is gone gives nothing, and all is fetched", async () => {
  await using place = await workplace();
  const { payload, host } = await steps(place, ODD_TREE, { ...ODD_TREE, more: { content: "more" } });
  const { staged, fetched } = await arrive(payload, place.at("incoming"), {
    ...host,
    from: place.at("old/not/here"),
  });
  expect(staged).toMatchObject({ placed: [], covered: [], overlay: [], drifted: [] });
  expect(fetched.kept).toBe(payload.manifest.keptBytes);
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("after")));
});

test("a user without rights stages what it may read", async () => {
  await using place = await workplace();
  const { "bin/setgid": _, unreadable, ...tree } = ODD_TREE;
  await steps(place, { ...tree, unreadable: unreadable as Tree[string] }, tree);
  mkdirSync(place.at("work"));
  chmodSync(place.at("work"), 0o777);
  const output = await runAsNobody(
    `const { stagePayload } = await import("./lib/payload/stage.ts");
    const { parseManifest } = await import("./lib/payload/manifest.ts");
    const { unpackPayload } = await import("./lib/payload/unpack.ts");
    const { openSource } = await import("./lib/payload/source.ts");
    const { packSource } = await import("./lib/payload/pack.ts");
    const { mkdirSync, copyFileSync, readFileSync } = await import("node:fs");
    become();
    const [root] = process.argv.slice(1);
    const work = root + "/work";
    // Its own release, for it may not read root's.
    await unpackPayload(root + "/payload-old", work + "/old");
    const manifest = parseManifest(readFileSync(root + "/payload/manifest.json", "utf8"));
    const base = parseManifest(readFileSync(root + "/payload-old/manifest.json", "utf8")).entries;
    const staged = await stagePayload({ manifest, base, from: work + "/old", destination: work + "/out", kept: work + "/kept" });
    mkdirSync(work + "/incoming");
    copyFileSync(root + "/payload/manifest.json", work + "/incoming/manifest.json");
    await unpackPayload(work + "/incoming", work + "/out", { staged });
    console.log(JSON.stringify(staged.drifted));`,
    [place.root],
  );
  expect(JSON.parse(output)).toEqual([]);
  expect(readTree(place.at("work/out"))).toEqual(readTree(place.at("after")));
});

test("a file that can't be read is fetched, and not called changed", async () => {
  await using place = await workplace();
  const before: Tree = { open: { content: "open" }, secret: { content: "secret", mode: 0 } };
  const after: Tree = { ...before, closed: { content: "closed", mode: 0o200 }, more: { content: "more" } };
  await steps(place, { ...before, closed: { content: "closed", mode: 0o644 } }, after);
  mkdirSync(place.at("work"));
  chmodSync(place.at("work"), 0o777);
  const output = await runAsNobody(
    `const { stagePayload } = await import("./lib/payload/stage.ts");
    const { parseManifest } = await import("./lib/payload/manifest.ts");
    const { readFileSync } = await import("node:fs");
    become();
    const [root] = process.argv.slice(1);
    const read = (name) => parseManifest(readFileSync(root + "/" + name + "/manifest.json", "utf8"));
    const staged = await stagePayload({ manifest: read("payload"), base: read("payload-old").entries,
      from: root + "/old", destination: root + "/work/out", kept: root + "/work/kept" });
    console.log(JSON.stringify(staged));`,
    [place.root],
  );
  expect(JSON.parse(output)).toMatchObject({ placed: ["open"], drifted: [] });
});

test("what was fetched before stays in the kept file, and what is staged goes beside it", async () => {
  await using place = await workplace();
  const large = seededNoise(5, 3 * MiB);
  const { payload, host } = await steps(
    place,
    { a: { content: large }, b: { content: "kept" } },
    { a: { content: Buffer.concat([large, Buffer.from("more")]) }, b: { content: "kept" } },
  );
  const all = readFileSync(place.at("payload/kept"));
  const half = 1 * MiB;
  writeFileSync(place.at("kept"), all.subarray(0, half));
  truncateSync(place.at("kept"), all.length);
  const half2 = readFileSync(place.at("old/a"));
  half2.fill(0, 0, half);
  writeFileSync(place.at("old/a"), half2);
  const staged = await stagePayload({ ...host, manifest: payload.manifest, kept: place.at("kept") });
  expect(staged.covered[0]?.[0]).toBeGreaterThanOrEqual(half);
  const found = readFileSync(place.at("kept"));
  expect(found.subarray(0, half).equals(all.subarray(0, half))).toBe(true);
  const [[start, end] = [0, 0]] = staged.covered;
  const overlaid = staged.overlay[0]?.start ?? all.length;
  const last = Math.min(end, overlaid);
  expect(found.subarray(start, last).equals(all.subarray(start, last))).toBe(true);
});

test("staged files that went before the release was made are missed", async () => {
  await using place = await workplace();
  const { payload, host } = await steps(
    place,
    { a: { content: "a" }, b: { content: "b" } },
    { a: { content: "a" } },
  );
  const staged = await stagePayload({ ...host, manifest: payload.manifest, kept: place.at("kept") });
  rmSync(place.at("out/a"));
  const error = await opsError(unpackPayload(payload.path, place.at("out"), { staged }));
  expect([error.code, error.message]).toEqual(["hash", expect.stringMatching(/^a changed after it was put/)]);
  expect(existsSync(place.at("out"))).toBe(false);
});

test("a full disk, an abort, a place that is taken: nothing is left", async () => {
  await using place = await workplace();
  const before: Tree = Object.fromEntries(
    Array.from({ length: 9 }, (_, n) => [`d/f${n}`, { content: seededNoise(n, MiB) }]),
  );
  const { payload, host } = await steps(place, before, before);
  const options = { ...host, manifest: payload.manifest, kept: place.at("kept") };
  const controller = new AbortController();
  const staging = stagePayload({
    ...options,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await expect(staging).rejects.toThrow("enough");
  expect(existsSync(place.at("out"))).toBe(false);

  writeTree(place.at("out"), { mine: { content: "mine" } });
  expect((await opsError(stagePayload(options))).message).toBe(`${place.at("out")} is there already`);
  expect(readFileSync(place.at("out/mine"), "utf8")).toBe("mine");

  mkdirSync(place.at("disk"));
  const output = await runOnSmallDisk(
    `const { stagePayload } = await import("./lib/payload/stage.ts");
    const { parseManifest } = await import("./lib/payload/manifest.ts");
    const { readdirSync, readFileSync } = await import("node:fs");
    const [root] = process.argv.slice(1);
    const manifest = parseManifest(readFileSync(root + "/payload/manifest.json", "utf8"));
    const options = { manifest, base: manifest.entries, from: root + "/old", destination: root + "/disk/out", kept: root + "/disk/kept" };
    const error = await stagePayload(options).catch((error) => error);
    console.log(JSON.stringify([error.code, error.message, readdirSync(root + "/disk")]));`,
    [place.root],
    { mountPoint: place.at("disk"), mebibytes: 4 },
  );
  expect(JSON.parse(output)).toEqual([
    "disk-full",
    expect.stringMatching(/disk\/out: disk full, 9\.0 MiB needed/),
    [],
  ]);
});

test("20,000 small files are staged in a second or so, and others get their turn meanwhile", async () => {
  await using place = await workplace({ inMemory: true });
  const files: Record<string, Tree[string]> = {};
  for (let index = 0; index < 20_000; index++) {
    files[`package-${index % 200}/lib/${index % 7}/module-${index}.js`] = {
      content: `// ${index}\n`.repeat(index % 400),
    };
  }
  const { payload, host } = await steps(place, files, { ...files, more: { content: "more" } });
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const started = performance.now();
  const { placed, covered } = await stagePayload({
    ...host,
    manifest: payload.manifest,
    kept: place.at("kept"),
  });
  const seconds = (performance.now() - started) / 1000;
  clearInterval(timer);
  console.log(
    `20,000 files staged in ${seconds.toFixed(2)} s, others waited at most ${longest.toFixed(0)} ms`,
  );
  expect(placed.length).toBe(20_000 - 50);
  expect(covered).toEqual([[0, payload.manifest.keptBytes]]);
});
