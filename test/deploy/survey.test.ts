// What a host is and holds: the script run by real shells over real folders, its facts compared with the peer's own.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectHost } from "../../lib/release/inspect.ts";
import { freeLock, takeLock } from "../../lib/release/lock.ts";
import { connect } from "../../lib/ssh/connect.ts";
import type { Connection } from "../../lib/ssh/types.ts";
import { survey } from "../../lib/swarm/survey.ts";
import { parseSurvey } from "../../lib/swarm/survey-facts.ts";
import { temporaryFolder } from "../support/marker.ts";

let root: string;
let deployTo: string;
let here: Connection;
let folders = 0;

beforeAll(async () => {
  root = await temporaryFolder("survey");
  here = await connect({ name: "here", via: "local", address: "127.0.0.1", port: 0, hostKeyChecking: "yes" });
});
beforeEach(() => {
  deployTo = join(root, `${folders++} it's "here" \\t $HOME`);
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

const surveyed = async () => (await survey(here, { deployTo })).report;

async function release(
  id: string,
  { revision, record }: { revision?: string; record?: object } = {},
): Promise<void> {
  await mkdir(join(deployTo, "releases", id), { recursive: true });
  if (revision !== undefined) await writeFile(join(deployTo, "releases", id, "REVISION"), revision);
  if (record === undefined) return;
  await mkdir(join(deployTo, ".rookery/releases"), { recursive: true });
  const text = JSON.stringify({
    id,
    infohash: null,
    revision: null,
    installedAt: null,
    activatedAt: null,
    ...record,
  });
  await writeFile(join(deployTo, ".rookery/releases", `${id}.json`), `${text}\n`);
}

/** The shell script and the peer program must say the same; free space and a lock's age move between the two looks. */
async function expectSame(): Promise<void> {
  const [shell, peer] = [await surveyed(), await inspectHost(deployTo)];
  const plain = (report: typeof peer | undefined) =>
    JSON.parse(JSON.stringify({ ...report, freeBytes: 0, freeInodes: 0 }).replace(/\d+ s ago/, "now"));
  expect(plain(shell)).toEqual(plain(peer));
}

describe("the survey and the peer see the same", () => {
  test("where nothing is yet, and nothing is made", async () => {
    await expectSame();
    expect(await surveyed()).toMatchObject({ current: undefined, releases: [], lock: undefined });
    expect(await Bun.file(deployTo).exists()).toBe(false);
    expect((await surveyed())?.freeBytes).toBeGreaterThan(0);
  });

  test("releases of ours, of other tools, half-written ones and things that are none", async () => {
    await release("20240101000000", { revision: "abc\\def -n\nsecond line\n" });
    await release("20240202000000");
    await release("one", {
      revision: "v1\n",
      record: { state: "good", infohash: "a".repeat(40), activatedAt: "2026-01-01T00:00:00.000Z" },
    });
    await release("two", {
      record: { state: "unpacked", infohash: "b".repeat(40), installedAt: "2026-01-02T00:00:00.000Z" },
    });
    await release("three", { revision: "v3\n", record: { state: "good", revision: "v3", replaced: "one" } });
    await release(".rookery-partial/half");
    await release("not a release");
    await release("new\nline");
    await writeFile(join(deployTo, "releases/file"), "");
    await symlink("one", join(deployTo, "releases/link"));
    await symlink("releases/three", join(deployTo, "current"));
    await expectSame();
    expect(await surveyed()).toMatchObject({ current: "three", previous: "one" });
  });

  test("a current of another tool without REVISION, by an absolute link", async () => {
    await release("20240101000000");
    await symlink(join(deployTo, "releases/20240101000000"), join(deployTo, "current"));
    await expectSame();
  });

  test("a current that leads nowhere", async () => {
    await release("one", { record: { state: "good" } });
    await symlink("releases/gone", join(deployTo, "current"));
    await expectSame();
  });

  test("a lock that is held, a stale one, and a damaged one", async () => {
    const { token } = await takeLock(deployTo, { app: "shop", owner: "ops@laptop", ownerPid: 7 });
    await expectSame();
    expect((await surveyed())?.lock).toMatchObject({
      app: "shop",
      owner: "ops@laptop",
      ownerPid: 7,
      alive: true,
    });
    const path = join(deployTo, ".rookery/lock");
    const held = await Bun.file(path).json();
    await freeLock(deployTo, token);
    await writeFile(path, JSON.stringify({ ...held, holder: { ...held.holder, startTicks: "1" } }));
    await expectSame();
    expect((await surveyed())?.lock?.alive).toBe(false);
    await writeFile(path, JSON.stringify({ ...held, holder: { ...held.holder, hostname: "another" } }));
    await expectSame();
    expect((await surveyed())?.lock?.alive).toBe(true);
    await writeFile(path, "{");
    expect((await surveyed())?.lock).toMatchObject({ owner: "unknown (damaged lock)", alive: false });
  });
});

test("a current that is a folder, or leads out of releases/, is said before anything is sent", async () => {
  await mkdir(join(deployTo, "current"), { recursive: true });
  await expect(surveyed()).rejects.toMatchObject({
    code: "release",
    hint: expect.stringContaining("move it away"),
  });
  await rm(join(deployTo, "current"), { recursive: true });
  await mkdir(join(deployTo, "elsewhere"));
  await symlink("elsewhere", join(deployTo, "current"));
  await expect(surveyed()).rejects.toMatchObject({
    code: "release",
    message: expect.stringContaining("elsewhere, which is no release"),
  });
});

test("platform, cache and Bun, of a real look and of lines", async () => {
  const { platform, cache, bun, seenFrom, report, unpacks } = await survey(here);
  const avx2 = /\bavx2\b/.test(await Bun.file("/proc/cpuinfo").text());
  expect(platform).toEqual({ system: "Linux", machine: expect.any(String), libc: expect.any(String), avx2 });
  expect(unpacks).toBe(true);
  expect(cache).toEndWith("/rookery");
  if (bun !== undefined)
    expect(bun).toEqual({ version: expect.stringMatching(/^\d+\.\d+/), path: expect.stringMatching(/^\//) });
  expect([seenFrom, report]).toEqual([undefined, undefined]);

  const lines = ["system Linux", "machine aarch64", "libc musl", "cache /home/a b/.cache/rookery"];
  const more = [
    "cached 103000000 bun-1.4.5-0123456789abcdef",
    "cached 71 peer-1.js",
    "bun 1.4.5 /opt/my bun/bun",
    "seen-from 10.0.0.1",
  ];
  expect(parseSurvey([...lines, ...more, "later fact"], { host: "web1" })).toMatchObject({
    platform: { system: "Linux", machine: "aarch64", libc: "musl", avx2: false },
    unpacks: false,
    cache: "/home/a b/.cache/rookery",
    cached: new Map([
      ["bun-1.4.5-0123456789abcdef", 103_000_000],
      ["peer-1.js", 71],
    ]),
    bun: { version: "1.4.5", path: "/opt/my bun/bun" },
    seenFrom: "10.0.0.1",
  });
});

test("somebody else's cache folder, and a damaged record, are named", () => {
  const parse = (...lines: string[]) => parseSurvey(lines, { deployTo: "/srv/www/shop", host: "web1" });
  expect(() => parse("not-ours /home/x/.cache/rookery")).toThrow(
    "/home/x/.cache/rookery belongs to another user",
  );
  expect(() => parse("release one", "record {")).toThrow("record of release one");
});
