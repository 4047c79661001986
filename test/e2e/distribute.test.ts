// Bytes without releases, and commands without either: distribute.ts and run.ts.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { differences, readTree } from "./digest.ts";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
const hosts = ["web1", "web2", "web3"];
const at = (host: string, ...path: string[]) => join(stage.fleet.folder(host), ...path);
const [MiB, MOUNT] = [1024 * 1024, "/mnt"];

/** On every host /mnt is a folder of its own, so that one destination means another place on each, as it does in life. */
const ownMount = `ForceCommand exec unshare -m sh -c 'mount --rbind "$ROOKERY_TEST_HOST/files" ${MOUNT} && exec sh -c "$SSH_ORIGINAL_COMMAND"'`;

beforeAll(async () => {
  stage = await startStage({
    config: Object.fromEntries(hosts.map((host) => [host, [ownMount]])),
    files: { "a.txt": "a\n", "sub/b.txt": "b\n" },
  });
});
afterEach(() => stage.expectTidy());
afterAll(() => stage[Symbol.asyncDispose]());

const model = () => join(stage.source, "..", "model.bin");

test("a file goes to a path on every host, bit by bit, with its mode", async () => {
  const bytes = randomBytes(5 * MiB);
  await writeFile(model(), bytes, { mode: 0o750 });
  const { exitCode, one, host } = await stage.json("distribute", [
    "web",
    model(),
    `${MOUNT}/models/current.bin`,
  ]);
  expect(exitCode).toBe(0);
  expect(one("summary")).toMatchObject({ ok: 3, outcome: `model.bin is in ${MOUNT}/models on 3 of 3 hosts` });
  for (const name of hosts) {
    expect(host(name).bytes).toBeGreaterThan(5 * MiB - 1);
    expect((await readFile(at(name, "models/current.bin"))).equals(bytes)).toBe(true);
    expect((await stat(at(name, "models/current.bin"))).mode & 0o777).toBe(0o750);
    expect(await readdir(at(name, "models"))).toEqual(["current.bin"]);
  }
});

test("a file goes into a folder that ends in /", async () => {
  const { exitCode } = await stage.run("distribute", ["web", model(), `${MOUNT}/into/`]);
  expect(exitCode).toBe(0);
  for (const host of hosts) expect(await readdir(at(host, "into"))).toEqual(["model.bin"]);
});

test("a folder is merged: what is only there stays, what is in both is replaced", async () => {
  for (const host of hosts) {
    await mkdir(at(host, "merged/sub"), { recursive: true });
    await writeFile(at(host, "merged/a.txt"), "older\n");
    await writeFile(at(host, "merged/sub/own.txt"), `${host}'s\n`);
  }
  expect((await stage.run("distribute", ["web", stage.source, `${MOUNT}/merged`])).exitCode).toBe(0);
  const wanted = readTree(stage.source);
  for (const host of hosts) {
    expect(differences(wanted, readTree(at(host, "merged"), { except: ["sub/own.txt"] }))).toEqual([]);
    expect(await readFile(at(host, "merged/sub/own.txt"), "utf8")).toBe(`${host}'s\n`);
  }
});

test("a link in the way is not written through: its host says so, the others get theirs", async () => {
  await mkdir(at("web1", "trap"));
  await mkdir(at("web1", "elsewhere"));
  await symlink("../elsewhere", at("web1", "trap/sub"));
  const { exitCode, host } = await stage.json("distribute", ["web", stage.source, `${MOUNT}/trap`]);
  expect(host("web1")).toMatchObject({
    status: "failed",
    error: expect.stringContaining("is a symlink to ../elsewhere"),
  });
  expect(["web2", "web3"].map((name) => host(name).status)).toEqual(["ok", "ok"]);
  expect(exitCode).toBe(2);
  expect(await readdir(at("web1", "elsewhere"))).toEqual([]);
  expect(await readdir(at("web1", "trap"))).toEqual(["sub"]);
  expect((await readdir(at("web2", "trap"))).sort()).toEqual(["a.txt", "sub"]);
});

test("a host whose disk is full says so, and keeps nothing", async () => {
  await Bun.$`mount -t tmpfs -o size=2m tmpfs ${(await mkdir(at("web2", "small"), { recursive: true })) as string}`.quiet();
  try {
    const { exitCode, host } = await stage.json("distribute", ["web", model(), `${MOUNT}/small/model.bin`]);
    expect(host("web2")).toMatchObject({ status: "failed", error: expect.stringContaining("no room") });
    expect(["web1", "web3"].map((name) => host(name).status)).toEqual(["ok", "ok"]);
    expect(exitCode).toBe(2);
    expect(await readdir(at("web2", "small"))).toEqual([]);
  } finally {
    await Bun.$`umount ${at("web2", "small")}`.quiet();
  }
});

test("distribute refuses what it can't do", async () => {
  const nothing = await stage.run("distribute", ["web", "/nowhere/file", "/srv/x"]);
  expect([nothing.exitCode, nothing.stderr]).toEqual([1, expect.stringContaining("/nowhere/file")]);
  const relative = await stage.run("distribute", ["web", stage.source, "srv/x"]);
  expect([relative.exitCode, relative.stderr]).toEqual([1, expect.stringContaining("not absolute")]);
  const short = await stage.run("distribute", ["web", stage.source]);
  expect([short.exitCode, short.stderr]).toEqual([1, expect.stringContaining("SRC")]);
});

test("run.ts shows each host's output and code", async () => {
  const { exitCode, stdout } = await stage.run("run", ["web", "--", "echo out; echo err >&2"]);
  expect(exitCode).toBe(0);
  for (const host of hosts) expect(stdout).toContain(`${host} | rc=0 >>\nout\nerr\n`);
});

test("several words after -- are taken as they are; one is a line for the shell", async () => {
  const words = await stage.run("run", ["web1", "--", "printf", "%s|", "$HOME", "a b", "*"]);
  expect(words.stdout).toContain("web1 | rc=0 >>\n$HOME|a b|*|");
  const line = await stage.run("run", ["web1", "--", 'printf "%s" "$HOME"']);
  expect(line.stdout).toContain(`web1 | rc=0 >>\n${stage.fleet.home("web1")}`);
});

test("run.ts ends with 2 when a command fails somewhere, and 4 when a host is down", async () => {
  const failing = await stage.run("run", [
    "web",
    "--",
    `test "$HOME" != ${stage.fleet.home("web2")} || exit 9`,
  ]);
  expect(failing.stdout).toContain("web2 | rc=9 >>");
  expect(failing.stdout).toContain("1 failed");
  expect(failing.exitCode).toBe(2);
  const { events } = await stage.json("run", ["web1", "--", "echo for programs"]);
  expect(events.find((event) => event.type === "output")).toMatchObject({
    host: "web1",
    text: "for programs\n",
  });
  const slow = await stage.run("run", ["web1", "--timeout", "1", "--", "sleep 30"]);
  expect(slow.stdout).toMatch(/web1: .*1 s/);
  expect(slow.exitCode).toBe(2);
  await stage.fleet.kill("web3");
  const down = await stage.run("run", ["web", "--", "true"]);
  expect(down.stdout).toContain("1 unreachable");
  expect(down.exitCode).toBe(4);
});
