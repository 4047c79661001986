import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { parseManifest, serializeManifest } from "../../lib/payload/manifest.ts";
import type { Entry } from "../../lib/payload/types.ts";
import { placePayload, unpackPayload } from "../../lib/payload/unpack.ts";
import { verifyTree } from "../../lib/payload/verify-tree.ts";
import { runOnSmallDisk } from "./children.ts";
import { opsError } from "./errors.ts";
import { pack } from "./pack.ts";
import { seededNoise } from "./random-tree.ts";
import { ODD_TREE, readTree, workplace, writeTree } from "./tree.ts";

setDefaultTimeout(60_000); // for machines that are busy with other things

const noise = (bytes: number) => {
  const all = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(all.subarray(at, at + 65_536));
  return all;
};

for (const compress of ["none", "zstd"] as const) {
  test(`content that was changed is named, and nothing stays (${compress})`, async () => {
    await using place = await workplace();
    writeTree(place.at("source"), {
      "a/small": { content: "s" },
      "b/large": { content: noise(3_000_000) },
      c: { content: "c" },
      d: { folder: true, mode: 0o555 },
    });
    await pack(place.at("source"), place.at("payload"), { compress });
    const content = readFileSync(place.at("payload/new"));
    const flip = (at: number) => {
      const changed = Buffer.from(content);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return changed;
    };
    const damages: Record<string, readonly [Buffer, RegExp]> = {
      "a bit in the middle": [flip(1_500_000), /b\/large|can't be read/],
      "a missing end": [content.subarray(0, -1), /^c: the content ends|can't be read/],
      "a missing half": [content.subarray(0, 1_000_000), /b\/large|can't be read/],
      "no bytes": [Buffer.alloc(0), /a\/small|can't be read/],
      "bytes too many": [
        Buffer.concat([content, compress === "none" ? Buffer.from("x") : Bun.zstdCompressSync("x")]),
        /more content/,
      ],
    };
    for (const [name, [bytes, message]] of Object.entries(damages)) {
      writeFileSync(place.at("payload/new"), bytes);
      const error = await opsError(unpackPayload(place.at("payload"), place.at("out")));
      expect([name, error.code, error.message]).toEqual([name, "hash", expect.stringMatching(message)]);
      expect(existsSync(place.at("out"))).toBe(false);
    }
  });
}

test("a manifest with a wrong hash is found out by the bytes", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), { a: { content: "a" }, "sub/new\nline": { content: "b" } });
  const { manifest } = await pack(place.at("source"), place.at("payload"));
  const entries = manifest.entries.map(
    (entry): Entry =>
      entry.type === "file" && entry.path !== "a" ? { ...entry, sha256: "0".repeat(64) } : entry,
  );
  writeFileSync(place.at("payload/manifest.json"), serializeManifest({ ...manifest, entries }));
  const error = await opsError(unpackPayload(place.at("payload"), place.at("out")));
  expect([error.code, error.message]).toEqual([
    "hash",
    expect.stringContaining('"sub/new\\nline": its bytes'),
  ]);
});

test("forged manifests write nothing anywhere", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), { a: { content: "a" } });
  const { manifest } = await pack(place.at("source"), place.at("payload"));
  const [good] = manifest.entries as [Entry];
  const forged: readonly (readonly unknown[])[] = [
    [{ ...good, path: "../evil" }],
    [{ ...good, path: place.at("evil") }],
    [
      { type: "symlink", path: "out", target: place.root },
      { ...good, path: "out/evil" },
    ],
    [{ type: "folder", path: "..", mode: 0o777 }],
    [good, good],
    [good, { ...good, path: "a/b" }],
  ];
  for (const entries of forged) {
    writeFileSync(place.at("payload/manifest.json"), JSON.stringify({ ...manifest, entries }));
    expect((await opsError(unpackPayload(place.at("payload"), place.at("out")))).code).toBe("hash");
    expect((await opsError(placePayload(place.at("payload"), place.at("out")))).code).toBe("hash");
    expect([existsSync(place.at("out")), existsSync(place.at("evil"))]).toEqual([false, false]);
  }
});

test("what is at the destination already stays as it is", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), { a: { content: "new" } });
  await pack(place.at("source"), place.at("payload"));
  writeTree(place.root, {
    "full/keep": { content: "k" },
    file: { content: "f" },
    "empty/": { folder: true },
  });
  symlinkSync("empty", place.at("link"));
  const before = readTree(place.root);
  for (const name of ["full", "file", "link"]) {
    const error = await opsError(unpackPayload(place.at("payload"), place.at(name)));
    expect([error.code, error.message]).toEqual(["release", `${place.at(name)} is there already`]);
  }
  expect((await opsError(unpackPayload(place.at("payload"), place.at("file/x/y")))).code).toBe("release");
  expect(readTree(place.root)).toEqual(before);
  await unpackPayload(place.at("payload"), place.at("empty"));
  expect(readFileSync(place.at("empty/a"), "utf8")).toBe("new");
});

test("an aborted unpack leaves nothing", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), {
    a: { content: "a" },
    b: { content: noise(4_000_000) },
    ro: { folder: true, mode: 0o555 },
  });
  await pack(place.at("source"), place.at("payload"));
  const controller = new AbortController();
  const unpacking = unpackPayload(place.at("payload"), place.at("out"), {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await expect(unpacking).rejects.toThrow("enough");
  expect(existsSync(place.at("out"))).toBe(false);
});

test("a missing payload, and one without content bytes", async () => {
  await using place = await workplace();
  expect((await opsError(unpackPayload(place.at("nothing"), place.at("out")))).code).toBe("hash");
  writeTree(place.at("source"), {
    empty: { content: "" },
    folder: { folder: true },
    link: { target: "empty" },
  });
  const { manifest } = await pack(place.at("source"), place.at("payload"));
  expect(manifest.newBytes).toBe(0);
  expect(await unpackPayload(place.at("payload"), place.at("out"))).toEqual({ files: 1, bytes: 0 });
  expect(readTree(place.at("out"))).toEqual(readTree(place.at("source")));
});

test("a full disk is said with the bytes needed, and nothing stays on it", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), {
    "a/small": { content: "s" },
    "b/large": { content: noise(9 * 1024 * 1024) },
  });
  await pack(place.at("source"), place.at("payload"));
  writeTree(
    place.at("many"),
    Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [`f${n}`, { content: noise(4096) }])),
  );
  await pack(place.at("many"), place.at("payload-many"));
  mkdirSync(place.at("disk"));
  const output = await runOnSmallDisk(
    `const { unpackPayload, placePayload } = await import("./lib/payload/unpack.ts");
    const { readdirSync } = await import("node:fs");
    const [root] = process.argv.slice(1);
    for (const [work, payload] of [[unpackPayload, "payload"], [unpackPayload, "payload-many"], [placePayload, "payload"]]) {
      const error = await work(root + "/" + payload, root + "/disk/release").catch((error) => error);
      console.log(JSON.stringify([error.code, error.message, readdirSync(root + "/disk", { recursive: true })]));
    }`,
    [place.root],
    { mountPoint: place.at("disk"), mebibytes: 4 },
  );
  const [large, many, placed] = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(large).toEqual([
    "disk-full",
    expect.stringMatching(/disk\/release: disk full, 9\.0 MiB needed, 0\.0 MiB/),
    [],
  ]);
  expect(many).toEqual(["disk-full", expect.stringContaining("4.7 MiB needed"), []]);
  expect([placed[0], placed[2].toSorted()]).toEqual([
    "disk-full",
    ["release", "release/a", "release/a/small", "release/b"],
  ]);
});

test("memory stays small however large the files are", async () => {
  await using place = await workplace({ inMemory: true });
  mkdirSync(place.at("source"));
  writeFileSync(place.at("source/large"), seededNoise(1, 160 * 1024 * 1024));
  const program = `
    const [step, root] = process.argv.slice(1);
    const { readManifest } = await import("./lib/payload/read-content.ts");
    const { unpackPayload } = await import("./lib/payload/unpack.ts");
    const { stagePayload } = await import("./lib/payload/stage.ts");
    const { openSource } = await import("./lib/payload/source.ts");
    const { packSource } = await import("./lib/payload/pack.ts");
    const before = process.memoryUsage().rss;
    let most = 0;
    const onProgress = () => { most = Math.max(most, process.memoryUsage().rss - before); };
    const folder = root + "/payload";
    if (step === "pack") {
      await using source = await openSource(root + "/source");
      await packSource(source, { folder, onProgress });
    } else if (step === "unpack") await unpackPayload(folder, root + "/out", { onProgress });
    else {
      const { entries } = await readManifest(folder);
      await using source = await openSource(root + "/source");
      const { manifest } = await packSource(source, { folder: root + "/next", base: entries, onProgress });
      // As if the file had changed: then it is staged by its chunks.
      const base = entries.map((entry) => ({ ...entry, sha256: "0".repeat(64) }));
      const host = { base, from: root + "/source", destination: root + "/staged", kept: root + "/kept" };
      const { covered } = await stagePayload({ ...host, manifest, onProgress });
      if (covered[0]?.[1] !== manifest.keptBytes) throw new Error("not all of it was staged");
    }
    console.log(most);`;
  const used = (step: string) => {
    const child = Bun.spawnSync([process.execPath, "-e", program, step, place.root], { stderr: "inherit" });
    expect(child.exitCode).toBe(0);
    return Number(child.stdout.toString()) / 1048576;
  };
  expect(used("pack")).toBeLessThan(100);
  expect(used("stage")).toBeLessThan(100);
  expect(used("unpack")).toBeLessThan(64);
});

test("placing merges into a folder, replaces files and links whole, and keeps the rest", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), ODD_TREE);
  await pack(place.at("source"), place.at("payload"));
  expect(await placePayload(place.at("payload"), place.at("fresh/made"))).toMatchObject({
    files: expect.any(Number),
  });
  expect(readTree(place.at("fresh/made"))).toEqual(readTree(place.at("source")));

  writeTree(place.at("here"), {
    kept: { content: "kept" },
    "app.js": { content: "old", mode: 0o600 },
    "bin/kept": { content: "kept" },
    bin: { folder: true, mode: 0o700 },
    "link-to-file": { target: "somewhere/else" },
    "link-to-folder": { content: "a file where a link comes" },
    "-rf": { target: "kept" },
  });
  symlinkSync("here", place.at("alias"));
  const manifest = parseManifest(readFileSync(place.at("payload/manifest.json"), "utf8"));
  for (const name of ["alias", "here"]) {
    await placePayload(place.at("payload"), place.at(name));
    const drifts = await verifyTree(manifest, place.at("here"));
    expect(drifts).toEqual([
      { path: "bin/kept", problem: "extra" },
      { path: "kept", problem: "extra" },
    ]);
  }
  expect(readFileSync(place.at("here/kept"), "utf8")).toBe("kept");
});

test("placing never writes through a symlink inside the destination, and says what is in the way before it writes", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), {
    "a.txt": { content: "a" },
    "sub/b.txt": { content: "b" },
    "z/c": { target: "d" },
  });
  await pack(place.at("source"), place.at("payload"));
  mkdirSync(place.at("victim"));
  for (const [inTheWay, message] of [
    [{ sub: { target: "../victim" } }, "a symlink to ../victim, where the payload has a folder"],
    [{ sub: { content: "file" } }, "no folder, where the payload has a folder"],
    [{ "a.txt/x": { content: "x" } }, "a folder, where the payload has a file"],
    [{ "a.txt": { target: "../victim" } }, "a symlink to ../victim, where the payload has a file"],
    [{ "z/c/x": { content: "x" } }, "a folder, where the payload has a symlink"],
  ] as const) {
    const destination = place.at(`to-${message.length}-${Object.keys(inTheWay)[0]?.length}`);
    writeTree(destination, inTheWay);
    const before = readTree(place.root);
    const error = await opsError(placePayload(place.at("payload"), destination));
    expect([error.code, error.message]).toEqual(["release", expect.stringContaining(message)]);
    expect(readTree(place.root)).toEqual(before);
  }
});

test("a damaged payload leaves no temporary files where it was to be placed", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), { a: { content: "a" }, b: { content: noise(2_000_000) } });
  await pack(place.at("source"), place.at("payload"));
  truncateSync(place.at("payload/new"), 1_000_000);
  expect((await opsError(placePayload(place.at("payload"), place.at("out")))).code).toBe("hash");
  expect(readTree(place.at("out")).map((line) => line.split(" ")[2])).toEqual(['"a"']);
});

test("every way a tree can drift is named", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), ODD_TREE);
  const { manifest } = await pack(place.at("source"), place.at("payload"));
  await unpackPayload(place.at("payload"), place.at("out"));
  const script = `
    echo x >> app.js; chmod 700 bin/run; rm .env; rm link-to-file; ln -s bin link-to-file
    rm link-dangling; touch link-dangling; rmdir 'empty folder'; touch 'empty folder'
    mkdir -p extra/deep; touch extra/deep/x bin/extra; rm -r deep; mkdir shared; touch shared/ignored; chmod 755 closed`;
  Bun.spawnSync(["bash", "-ec", script], { cwd: place.at("out") });
  const drifts = await verifyTree(manifest, place.at("out"), { ignore: ["shared"] });
  const below = drifts.filter(({ path }) => !path.startsWith("deep/"));
  expect(below.map(({ path, problem }) => `${problem} ${path}`)).toEqual([
    "missing .env",
    "content app.js",
    "extra bin/extra",
    "mode bin/run",
    "mode closed",
    "missing deep",
    "type empty folder",
    "extra extra",
    "type link-dangling",
    "target link-to-file",
  ]);
  expect(drifts.length - below.length).toBeGreaterThan(40);
  expect(drifts.every(({ problem, path }) => !path.startsWith("deep/") || problem === "missing")).toBe(true);
});
