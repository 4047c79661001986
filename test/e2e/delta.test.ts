// Only what changed travels: releases made of what hosts have already, checked, and the same on every one of them.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rm, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { killAll } from "../support/processes.ts";
import { differences, readTree } from "./digest.ts";
import type { Event } from "./events.ts";
import { type JsonResult, type Stage, type StageOptions, startStage } from "./stage.ts";

setDefaultTimeout(120_000);

const KiB = 1024;
const MiB = 1024 * KiB;
const FILES = 120;
const FILE_BYTES = 100 * KiB;
const LARGE_BYTES = 8 * MiB;
const TOTAL_BYTES = FILES * FILE_BYTES + LARGE_BYTES;

let stage: Stage;
afterEach(() => stage[Symbol.asyncDispose]());

/** Three hosts that run `one`: 120 files nobody can compress, some read-only, and a large one. */
async function prepared({
  hosts = 3,
  words = [],
  ...options
}: StageOptions & { words?: readonly string[] } = {}) {
  stage = await startStage({ hosts, memoryBytes: 1024 * MiB, ...options });
  await fillSource();
  const { exitCode, stderr } = await stage.run("deploy", ["-r", "one", ...words]);
  expect(stderr).not.toContain("warning");
  expect(exitCode).toBe(0);
}

async function fillSource(): Promise<void> {
  for (let index = 0; index < FILES; index++) {
    const path = join(stage.source, `file-${index}`);
    await writeFile(path, randomBytes(FILE_BYTES));
    if (index % 3 === 0) await chmod(path, 0o444);
  }
  await writeFile(join(stage.source, "large.bin"), randomBytes(LARGE_BYTES));
  for (const name of ["-rf", "# $(x) 'y'", "grüße"])
    await writeFile(join(stage.source, name), `called ${name}\n`);
  await symlink("-rf", join(stage.source, "link"));
  await mkdir(join(stage.source, "empty"));
}

/** Changes two of the files and puts a byte into the middle of the large one. */
async function change(names: readonly string[] = ["file-7", "file-9"]): Promise<void> {
  for (const name of names) {
    await rm(join(stage.source, name));
    await writeFile(join(stage.source, name), randomBytes(FILE_BYTES));
  }
  const large = await readFile(join(stage.source, "large.bin"));
  const middle = LARGE_BYTES / 2;
  await writeFile(
    join(stage.source, "large.bin"),
    Buffer.concat([large.subarray(0, middle), Buffer.from("!"), large.subarray(middle)]),
  );
}

const bytesOf = (result: JsonResult, host: string) => Number(result.host(host).bytes);
const notesOf = ({ events }: JsonResult) =>
  events.flatMap((event) => (event.type === "note" ? [event.message] : []));

/** These hosts run exactly what the source holds now. */
function expectSource(hosts: readonly string[] = stage.fleet.names): void {
  const wanted = readTree(stage.source);
  for (const host of hosts)
    expect(differences(wanted, readTree(stage.place(host, "current"), { except: ["REVISION"] }))).toEqual([]);
}

for (const via of ["swarm", "ssh"] as const) {
  test(`a second deploy moves about what changed, by ${via}`, async () => {
    await prepared({ words: ["--via", via] });
    await change();
    const result = await stage.json("deploy", ["-r", "two", "--via", via]);
    expect(result.exitCode).toBe(0);
    for (const host of stage.fleet.names) {
      expect(bytesOf(result, host)).toBeGreaterThan(2 * FILE_BYTES);
      expect(bytesOf(result, host)).toBeLessThan(TOTAL_BYTES / 15);
    }
    expectSource();
    await stage.expectTidy();
  });
}

test("a host that is new, and one with another release, are served from the others and what they have", async () => {
  await prepared({ hosts: 4 });
  // web3 never saw a release, web4 holds none but one of its own.
  await rm(stage.place("web3"), { recursive: true });
  await change(["file-20", "file-21"]);
  expect((await stage.run("deploy", ["-r", "own", "--limit", "web4"])).exitCode).toBe(0);
  await rm(stage.place("web4", "releases", "one"), { recursive: true });
  await change();
  const check = await stage.run("deploy", ["-r", "two", "--check"]);
  expect(check.stdout).toMatch(/\d+ KiB would travel to 2 hosts, 1\d\.\d MiB are there already/);
  expect(check.stdout).toMatch(/1\d\.\d MiB would travel to 2 hosts$/m);
  const result = await stage.json("deploy", ["-r", "two"]);
  expect(result.exitCode).toBe(0);
  expect(bytesOf(result, "web1")).toBeLessThan(TOTAL_BYTES / 15);
  expect(bytesOf(result, "web3")).toBeGreaterThan(TOTAL_BYTES * 0.95);
  expect(bytesOf(result, "web4")).toBeLessThan(TOTAL_BYTES / 8);
  expectSource();
  await stage.expectTidy();
});

test("a file that was changed by hand is told, fetched, and not passed on", async () => {
  await prepared();
  await change();
  const drifted = stage.place("web2", "current", "file-50");
  const { mode } = await stat(drifted);
  await writeFile(drifted, randomBytes(FILE_BYTES));
  await rm(stage.place("web2", "current", "file-51"));
  const result = await stage.json("deploy", ["-r", "two"]);
  expect(result.exitCode).toBe(0);
  const notes = result.events.flatMap((event) => (event.type === "note" ? [event] : []));
  expect(notes).toEqual([
    expect.objectContaining({
      level: "warning",
      host: "web2",
      message: expect.stringMatching(/2 files of its release one changed .*: file-50, file-51$/),
    }),
  ]);
  expect(bytesOf(result, "web2")).toBeGreaterThan(bytesOf(result, "web1") + 1.9 * FILE_BYTES);
  expect((await stat(stage.place("web2", "current", "file-50"))).mode).toBe(mode);
  expectSource();
});

test("what a host says it has is not believed: a record of other files costs a fetch, nothing else", async () => {
  await prepared();
  await change();
  await writeFile(stage.place("web1", ".rookery", "releases", "one.tree"), "no list of files");
  const result = await stage.json("deploy", ["-r", "two"]);
  expect(result.exitCode).toBe(0);
  expect(notesOf(result)).toEqual([expect.stringMatching(/^fetches everything, .*one\.tree is no list/)]);
  expect(bytesOf(result, "web1")).toBeGreaterThan(TOTAL_BYTES * 0.95);
  expect(bytesOf(result, "web2")).toBeLessThan(TOTAL_BYTES / 15);
  expectSource();
});

test("killed half-way, then again: nothing half-made is left, and it goes on", async () => {
  await prepared({ hosts: 2 });
  await change(Array.from({ length: 60 }, (_, index) => `file-${index}`));
  let killed = false;
  const onEvent = (event: Event) => {
    if (killed || event.type !== "progress" || event.verifiedBytes < 0.7 * event.totalBytes) return;
    killed = true;
    killAll(stage.fleet.names.flatMap((name) => stage.peers(name)).map(({ pid }) => pid));
  };
  const slow = ["-e", "rookery_max_download=2MB"];
  const cut = await stage.json("deploy", ["-r", "two", ...slow], { onEvent });
  expect([killed, cut.exitCode]).toEqual([true, 2]);
  expect(await Promise.all(stage.fleet.names.map(stage.current))).toEqual(["one", "one"]);
  for (const name of stage.fleet.names) expect(await stage.releases(name)).toEqual(["one"]);
  const again = await stage.json("deploy", ["-r", "two", "--break-lock"]);
  expect(again.exitCode).toBe(0);
  for (const host of stage.fleet.names) expect(bytesOf(again, host)).toBeLessThan(60 * FILE_BYTES);
  expectSource();
  await stage.expectTidy();
});

test("a rollback brings the release to the hosts that lack it, from those that hold it", async () => {
  await prepared();
  await stage.setVars({
    rookery_shared_paths: ["log"],
    rookery_before_activate: ["echo prepared > prepared"],
  });
  await change();
  expect((await stage.run("deploy", ["-r", "two", "--limit", "web1,web2"])).exitCode).toBe(0);
  const wanted = readTree(stage.source);
  await change(["file-30"]);
  expect((await stage.run("deploy", ["-r", "three"])).exitCode).toBe(0);
  // What the app wrote into its release is not part of it.
  await writeFile(stage.place("web1", "releases", "two", "cache"), "of the app\n");
  const check = await stage.run("rollback", ["two", "--check"]);
  expect(check.stdout).toContain("3 hosts would go back to two, 1 of them would fetch it");
  const result = await stage.json("rollback", ["two"]);
  expect(result.exitCode).toBe(0);
  expect(bytesOf(result, "web1")).toBe(0);
  expect(bytesOf(result, "web3")).toBeGreaterThan(0);
  expect(bytesOf(result, "web3")).toBeLessThan(TOTAL_BYTES / 8);
  expect(await Promise.all(stage.fleet.names.map(stage.current))).toEqual(["two", "two", "two"]);
  const except = ["REVISION", "log", "prepared"];
  expect(differences(wanted, readTree(stage.place("web3", "current"), { except }))).toEqual([]);
  expect(await readFile(stage.place("web3", "current", "prepared"), "utf8")).toBe("prepared\n");
  expect(await readFile(stage.place("web3", "current", "REVISION"), "utf8")).toBe("two\n");
  await stage.expectTidy();
});

test("a release that was changed on the host is not passed on, and that is said", async () => {
  await prepared();
  await change();
  for (const name of ["new\nline", "a\\nb", "\\"]) await writeFile(join(stage.source, name), "odd\n");
  expect((await stage.run("deploy", ["-r", "two", "--limit", "web1,web2"])).exitCode).toBe(0);
  await change(["file-30"]);
  expect((await stage.run("deploy", ["-r", "three"])).exitCode).toBe(0);
  const drift = (host: string, name: string) =>
    writeFile(stage.place(host, "releases", "two", name), randomBytes(FILE_BYTES));
  await drift("web1", "file-1");
  const result = await stage.json("rollback", ["two"]);
  expect(result.exitCode).toBe(0);
  expect(notesOf(result)).toContainEqual(expect.stringContaining("file-1 changed since it was deployed"));
  const without = { except: ["REVISION"] };
  const [two, three] = ["web2", "web3"].map((host) => readTree(stage.place(host, "current"), without));
  expect(differences(two ?? new Map(), three ?? new Map())).toEqual([]);
  expect(three?.has("new\nline")).toBe(true);
  expect((await stage.run("deploy", ["-r", "four"])).exitCode).toBe(0);
  await rm(stage.place("web3", "releases", "two"), { recursive: true });
  await drift("web2", "file-2");
  const none = await stage.json("rollback", ["two"]);
  expect(none.exitCode).toBe(2);
  expect(none.host("web3")).toMatchObject({
    status: "failed",
    error: expect.stringContaining(
      "does not hold release two, and none of the 2 hosts that hold it can give it",
    ),
    hint: expect.stringContaining("file-"),
  });
  expect(none.one("summary").outcome).toContain("nothing was switched");
  await stage.expectTidy();
});

test("another tool's release is brought as it is", async () => {
  await prepared({ hosts: 2 });
  const old = stage.place("web1", "releases", "20240101000000");
  await mkdir(join(old, "public"), { recursive: true });
  await writeFile(join(old, "public", "a -odd\\name"), "of Capistrano\n", { mode: 0o640 });
  await symlink("/var/log", join(old, "log"));
  await writeFile(join(old, "REVISION"), "abc\n");
  const result = await stage.json("rollback", ["20240101000000"]);
  expect(result.exitCode).toBe(0);
  const there = readTree(stage.place("web2", "current"));
  expect(differences(readTree(old), there)).toEqual([]);
});

test("no room for copies: the host is out, says so, and is left as it was", async () => {
  stage = await startStage({ hosts: 2 });
  const place = stage.place("web2");
  await mkdir(place, { recursive: true });
  await Bun.$`mount -t tmpfs -o size=96m tmpfs ${place}`.quiet();
  try {
    await fillSource();
    expect((await stage.run("deploy", ["-r", "one"])).exitCode).toBe(0);
    await change();
    const { bavail, bsize } = await statfs(place);
    await writeFile(join(place, "others"), Buffer.alloc(bavail * bsize - 5 * MiB));
    const result = await stage.json("deploy", ["-r", "two", "--allow-failures", "1"]);
    expect(result.exitCode).toBe(2);
    expect(result.host("web2")).toMatchObject({
      status: "failed",
      error: expect.stringContaining("no room"),
    });
    expect([await stage.current("web1"), await stage.current("web2")]).toEqual(["two", "one"]);
    await stage.expectTidy();
  } finally {
    await Bun.$`umount ${place}`.quiet();
  }
});

test("an earlier release that was removed by hand, or lost its files, costs a fetch and nothing else", async () => {
  await prepared({ hosts: 2 });
  await change();
  await rm(stage.place("web1", "releases", "one", "large.bin"));
  for (let index = 0; index < FILES; index += 2)
    await rm(stage.place("web1", "releases", "one", `file-${index}`));
  const result = await stage.json("deploy", ["-r", "two"]);
  expect(result.exitCode).toBe(0);
  expect(bytesOf(result, "web1")).toBeGreaterThan(LARGE_BYTES);
  expect(bytesOf(result, "web2")).toBeLessThan(TOTAL_BYTES / 15);
  expectSource();
});
