import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { treeDigest } from "../../lib/payload/tree.ts";
import { activateRelease } from "../../lib/release/activate.ts";
import { inspectHost } from "../../lib/release/inspect.ts";
import { installRelease } from "../../lib/release/install.ts";
import { layoutOf } from "../../lib/release/layout.ts";
import { planPrune } from "../../lib/release/prune.ts";
import { readTree } from "../../lib/release/trees.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import type { Step } from "./child.ts";
import { inTmpfs, runChild, startChild } from "./children.ts";
import { type Content, INFOHASH, newSite, type Site, writeCapistranoTree, writePayload } from "./site.ts";

setDefaultTimeout(30_000); // processes take their time on a busy machine

const before = footprint();
afterAll(() => expectNothingLeft(before));

const TREE: Record<string, Content> = {
  "bin/start": { text: "#!/bin/sh\necho started\n", mode: 0o755 },
  "config/app.yml": "name: app\n",
  "log/old.log": "from the repository\n",
  empty: { folder: 0o750 },
  latest: { link: "bin/start" },
};

async function install(
  site: Site,
  options: Partial<Parameters<typeof installRelease>[1]> & { tree?: typeof TREE } = {},
) {
  const { tree = TREE, id = "r1", infohash = INFOHASH, revision = "abc123", ...others } = options;
  const payload = await writePayload(join(site.root, `payload-${infohash}`), tree);
  return await installRelease(site.deployTo, { id, infohash, payload, revision, ...others });
}

test("a payload becomes a release, with modes, links and empty folders", async () => {
  await using site = await newSite();
  const path = join(site.deployTo, "releases", "r1");
  expect(await install(site)).toEqual({
    existed: false,
    path,
    tree: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect((await readdir(path, { recursive: true })).sort()).toEqual(
    [
      "REVISION",
      "bin",
      "bin/start",
      "config",
      "config/app.yml",
      "empty",
      "latest",
      "log",
      "log/old.log",
    ].sort(),
  );
  expect(execFileSync(join(path, "latest"), { encoding: "utf8" })).toBe("started\n");
  expect((await stat(join(path, "empty"))).mode & 0o7777).toBe(0o750);
  expect(await readFile(join(path, "REVISION"), "utf8")).toBe("abc123\n");
  const { releases, current } = await inspectHost(site.deployTo);
  expect(current).toBeUndefined();
  expect(releases).toEqual([
    {
      ...{ id: "r1", infohash: INFOHASH, state: "unpacked", revision: "abc123", activatedAt: undefined },
      installedAt: expect.any(String),
      tree: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  ]);
  const layout = layoutOf(site.deployTo);
  const entries = (await readTree(layout, "r1")) ?? [];
  expect(entries.map((entry) => entry.path)).toContain("config/app.yml");
  expect(treeDigest(entries)).toBe(releases[0]?.tree ?? "");
  expect(await readdir(join(site.deployTo, "releases", ".rookery-partial"))).toEqual([]);
});

test("the same again does nothing; the same id for other bytes, or another tool's, is refused", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, ["20250101000000"]);
  await install(site);
  await writeFile(join(site.deployTo, "releases", "r1", "mark"), "");
  expect(await install(site)).toMatchObject({ existed: true });
  expect(await readdir(join(site.deployTo, "releases", "r1"))).toContain("mark");
  const taken = { code: "release", hint: expect.stringContaining("--release") };
  expect(await install(site, { infohash: "b".repeat(40) })).toMatchObject({ existed: true });
  const other = { infohash: "c".repeat(40), tree: { ...TREE, "config/app.yml": "name: other\n" } };
  await expect(install(site, other)).rejects.toMatchObject(taken);
  await expect(install(site, { id: "20250101000000" })).rejects.toThrow("another tool made");
  await mkdir(join(site.deployTo, "releases", "half"));
  await expect(install(site, { id: "half" })).rejects.toThrow("no complete release");
  await expect(install(site, { id: "../x" })).rejects.toThrow("not a release id");
});

test.each([
  [{ REVISION: "payload's own\nsecond line\n" }, "payload's own", "payload's own\nsecond line\n"],
  [{ "a file": "" }, "abc123", "abc123\n"],
])("REVISION of %p", async (tree, told, written) => {
  await using site = await newSite();
  const { path } = await install(site, { tree });
  expect((await inspectHost(site.deployTo)).releases[0]?.revision).toBe(told);
  expect(await readFile(join(path, "REVISION"), "utf8")).toBe(written);
});

test("a REVISION that is a link is neither followed nor written through", async () => {
  await using site = await newSite();
  const outside = join(site.root, "outside");
  const { path } = await install(site, { tree: { REVISION: { link: outside } } });
  expect(await readlink(join(path, "REVISION"))).toBe(outside);
  await expect(lstat(outside)).rejects.toThrow("ENOENT");
});

test("shared paths replace what the release holds, and read-only folders stay read-only", async () => {
  await using site = await newSite();
  const shared = join(site.deployTo, "shared");
  await mkdir(join(shared, "config"), { recursive: true });
  await writeFile(join(shared, "config", "secrets.yml"), "secret");
  const options = {
    sharedPaths: ["log", "./tmp/cache/", "locked/inner"],
    sharedFiles: ["config/secrets.yml"],
  };
  const tree: typeof TREE = { ...TREE, locked: { folder: 0o555 }, "locked/file": "" };
  const { path } = await install(site, { ...options, tree });
  for (const name of ["log", "tmp/cache", "locked/inner", "config/secrets.yml"]) {
    expect(await readlink(join(path, name))).toBe(join(shared, name));
  }
  expect(await readdir(join(path, "log"))).toEqual([]);
  expect(await readFile(join(path, "config", "secrets.yml"), "utf8")).toBe("secret");
  expect((await stat(join(path, "locked"))).mode & 0o777).toBe(0o555);
  await activateRelease(site.deployTo, "r1");
  await writeFile(join(site.deployTo, "current", "log", "new.log"), "");
  expect(await readdir(join(shared, "log"))).toEqual(["new.log"]);
});

test("a shared file that is missing is named before anything is unpacked", async () => {
  await using site = await newSite();
  await expect(install(site, { sharedFiles: ["config/secrets.yml"] })).rejects.toMatchObject({
    code: "release",
    message: `the shared file ${site.deployTo}/shared/config/secrets.yml is missing`,
    hint: expect.stringContaining("rookery_shared_files"),
  });
  await expectNothing(site);
});

test.each(["/etc", "../x", "a/../../b", "", ".", "./", "a/..", "..", "a\0b"])(
  "shared path %p is refused",
  async (path) => {
    await using site = await newSite();
    await expect(install(site, { sharedPaths: [path] })).rejects.toMatchObject({ code: "setting" });
    await expect(install(site, { sharedFiles: [path] })).rejects.toThrow("rookery_shared_files");
  },
);

test("shared paths inside one another are refused", async () => {
  await using site = await newSite();
  await expect(install(site, { sharedPaths: ["log", "log/nginx"] })).rejects.toThrow(
    "lies in shared path log",
  );
  await expect(install(site, { sharedPaths: ["log"], sharedFiles: ["log"] })).rejects.toMatchObject({
    code: "setting",
  });
});

test("a shared path doesn't leave the release through a link the payload brought", async () => {
  await using site = await newSite();
  const outside = join(site.root, "outside");
  await mkdir(join(outside, "log"), { recursive: true });
  await writeFile(join(outside, "log", "kept"), "");
  const tree: typeof TREE = { var: { link: outside } };
  await expect(install(site, { tree, sharedPaths: ["var/log"] })).rejects.toMatchObject({ code: "release" });
  expect(await readdir(join(outside, "log"))).toEqual(["kept"]);
  await expectNothing(site);
  // A link at the shared path itself is what gets replaced.
  await install(site, { tree, sharedPaths: ["var"] });
  expect(await readdir(outside)).toEqual(["log"]);
});

test("releases/ may be a link to another disk", async () => {
  await using site = await newSite();
  const disk = join(site.root, "disk");
  await mkdir(disk);
  const payload = await writePayload(join(site.root, "payload"), TREE);
  const options = { id: "r1", infohash: INFOHASH, payload, revision: "abc", sharedPaths: ["log"] };
  const [, , , installed, , log] = await runChild(
    [
      { sh: `mkdir ${site.deployTo} ${disk}/releases` },
      { sh: `ln -s ${disk}/releases ${site.deployTo}/releases` },
      { sh: `test $(stat -c %d ${disk}) != $(stat -c %d ${site.root})` },
      { call: ["install", "installRelease", site.deployTo, options] },
      { call: ["activate", "activateRelease", site.deployTo, "r1"] },
      { sh: `cd ${site.deployTo}/current/log && pwd -P` },
    ],
    { prefix: inTmpfs(disk, "size=64m") },
  );
  expect(installed).toMatchObject({ value: { existed: false } });
  expect(log).toEqual({ value: `${site.deployTo}/shared/log\n` });
});

test.each([
  ["bytes", "size=24m", { big: "x".repeat(12 * 1024 * 1024) }, /no room .* MiB free, 28\.6 MiB needed$/],
  ["inodes", "size=64m,nr_inodes=120", manyFiles(150), /no room .* inodes free, 17\d needed$/],
])("too few %s are found before unpacking", async (_, mount, tree, message) => {
  await using site = await newSite();
  await mkdir(site.deployTo);
  const payload = await writePayload(join(site.root, "payload"), tree);
  const [refused, listed] = await runChild(
    [
      { call: ["install", "installRelease", site.deployTo, { id: "r1", infohash: INFOHASH, payload }] },
      { sh: `ls -A ${site.deployTo}/releases/.rookery-partial` },
    ],
    { prefix: inTmpfs(site.deployTo, mount) },
  );
  expect(refused).toMatchObject({ error: { code: "disk-full", message: expect.stringMatching(message) } });
  expect(listed).toEqual({ value: "" });
});

test("a disk that fills up on the way leaves nothing, and what runs goes on running", async () => {
  await using site = await newSite();
  await mkdir(site.deployTo);
  const tree = Object.fromEntries(
    Array.from({ length: 2000 }, (_, at) => [`file-${at}`, `${at % 10}`.repeat(10_240)]),
  );
  const payload = await writePayload(join(site.root, "payload"), tree);
  const small = await writePayload(join(site.root, "small"), TREE);
  const release = (id: string, from: string): Step => ({
    call: ["install", "installRelease", site.deployTo, { id, infohash: INFOHASH, payload: from }],
  });
  const started = `ls ${site.deployTo}/releases/.rookery-partial/*/file-1*`;
  const steps: Step[] = [
    release("r1", small),
    { call: ["activate", "activateRelease", site.deployTo, "r1"] },
    { call: ["activate", "markGood", site.deployTo, "r1", { by: "ops" }] },
    {
      sh: `(for i in $(seq 5000); do ${started} && break; done; fallocate -l 45m ${site.deployTo}/log) >/dev/null 2>&1 &`,
    },
    release("r2", payload),
    { sh: `ls -A ${site.deployTo}/releases; ls -A ${site.deployTo}/releases/.rookery-partial` },
    { sh: `rm ${site.deployTo}/log` },
    release("r2", payload),
    { call: ["inspect", "inspectHost", site.deployTo] },
  ];
  const answers = await runChild(steps, { prefix: inTmpfs(site.deployTo, "size=64m") });
  expect(answers[4]).toMatchObject({
    error: { code: "disk-full", message: expect.stringContaining("disk full") },
  });
  expect(answers[5]).toEqual({ value: ".rookery-partial\nr1\n" });
  expect(answers[7]).toMatchObject({ value: { existed: false } });
  expect(answers[8]).toMatchObject({
    value: { current: "r1", releases: [{ state: "good" }, { state: "unpacked" }] },
  });
});

test("a read-only disk is explained", async () => {
  await using site = await newSite();
  await mkdir(site.deployTo);
  const payload = await writePayload(join(site.root, "payload"), TREE);
  const answers = await runChild(
    [
      {
        call: [
          "layout",
          "ensureLayout",
          { releases: join(site.deployTo, "releases"), shared: join(site.deployTo, "shared") },
        ],
      },
      { sh: `mkdir -p ${site.deployTo}/releases/a && echo x > ${site.deployTo}/releases/a/REVISION` },
      { sh: `mount -o remount,ro ${site.deployTo}` },
      { call: ["install", "installRelease", site.deployTo, { id: "r1", infohash: INFOHASH, payload }] },
      { call: ["lock", "takeLock", site.deployTo, { app: "a", owner: "a@b", ownerPid: 1 }] },
      { call: ["activate", "activateRelease", site.deployTo, "a"] },
      { call: ["inspect", "inspectHost", site.deployTo] },
    ],
    { prefix: inTmpfs(site.deployTo, "size=48m") },
  );
  for (const answer of answers.slice(3, 6)) {
    expect(answer).toMatchObject({
      error: { code: "release", message: expect.stringContaining("read-only") },
    });
  }
  expect(answers[6]).toMatchObject({ value: { releases: [{ id: "a" }] } });
});

test("kill -9 in the middle leaves no release, and the next run cleans up", async () => {
  await using site = await newSite();
  const payload = await writePayload(join(site.root, "payload"), manyFiles(1500));
  const partial = join(site.deployTo, "releases", ".rookery-partial");
  const options = { id: "r1", infohash: INFOHASH, payload };
  await using child = startChild([
    { wait: true },
    { call: ["install", "installRelease", site.deployTo, options] },
  ]);
  await child.next();
  child.go();
  await until(async () => (await namesIn(partial)).length === 1 && (await filesIn(partial)) > 50);
  await child.kill();
  expect(await filesIn(partial)).toBeLessThan(1500);
  const report = await inspectHost(site.deployTo);
  expect(report.releases).toEqual([]);
  expect(planPrune(report, 1)).toEqual([]);
  await expect(activateRelease(site.deployTo, "r1")).rejects.toThrow("no complete release");
  expect(await runChild([{ call: ["install", "installRelease", site.deployTo, options] }])).toMatchObject([
    { value: { existed: false } },
  ]);
  expect(await readdir(partial)).toEqual([]);
  expect(await readdir(join(site.deployTo, "releases", "r1"))).toHaveLength(1501);
});

test("Ctrl+C in the middle leaves nothing at all", async () => {
  await using site = await newSite();
  const stop = new AbortController();
  let seenBytes = 0;
  const onProgress = (bytes: number) => {
    seenBytes = bytes;
    stop.abort();
  };
  const interrupted = install(site, { tree: manyFiles(2000), signal: stop.signal, onProgress });
  await expect(interrupted).rejects.toMatchObject({ code: "interrupted" });
  expect(seenBytes).toBeGreaterThan(0);
  await expectNothing(site);
  await expect(install(site, { signal: stop.signal })).rejects.toMatchObject({ code: "interrupted" });
  await expectNothing(site);
});

test("a payload that isn't what its manifest says becomes no release", async () => {
  await using site = await newSite();
  const payload = await writePayload(join(site.root, "payload"), TREE);
  await writeFile(join(payload, "new"), "y".repeat((await stat(join(payload, "new"))).size));
  const damaged = installRelease(site.deployTo, { id: "r1", infohash: INFOHASH, payload });
  await expect(damaged).rejects.toMatchObject({ code: "hash" });
  await expectNothing(site);
});

test("a place that isn't ours to write says what to do", async () => {
  await using site = await newSite();
  await mkdir(site.deployTo);
  const payload = await writePayload(join(site.root, "payload"), TREE);
  await chmod(site.root, 0o755);
  const prefix = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const steps: Step[] = [
    { call: ["install", "installRelease", site.deployTo, { id: "r1", infohash: INFOHASH, payload }] },
  ];
  if (process.getuid?.() !== 0) await chmod(site.deployTo, 0o555);
  expect(await runChild(steps, process.getuid?.() === 0 ? { prefix } : {})).toMatchObject([
    {
      error: {
        code: "release",
        message: expect.stringContaining("not permitted"),
        hint: expect.stringContaining("prepare.yml"),
      },
    },
  ]);
});

function manyFiles(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`file-${index}`, `${index}`.repeat(50)]),
  );
}

async function expectNothing(site: Site): Promise<void> {
  expect((await inspectHost(site.deployTo)).releases).toEqual([]);
  expect(await namesIn(join(site.deployTo, "releases"))).toEqual([".rookery-partial"]);
  expect(await namesIn(join(site.deployTo, "releases", ".rookery-partial"))).toEqual([]);
  expect(await namesIn(join(site.deployTo, ".rookery", "releases"))).toEqual([]);
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

async function filesIn(partial: string): Promise<number> {
  const [name] = await namesIn(partial);
  return name === undefined ? 0 : (await namesIn(join(partial, name))).length;
}

async function until(condition: () => Promise<boolean>, { withinMs = 10_000 } = {}): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error("waited in vain");
    await Bun.sleep(1);
  }
}
