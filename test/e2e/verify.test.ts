// verify.ts: what runs, file by file, against what was deployed.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdir, readlink, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
const at = (...path: string[]) => stage.place("web2", "current", ...path);

beforeAll(async () => {
  stage = await startStage({
    vars: { rookery_shared_paths: ["log", "public/uploads"], rookery_shared_files: ["config/app.yml"] },
    files: {
      "index.html": "one\n",
      "app/a.js": "a\n",
      "app/b.js": "b\n",
      "app/deep/c.js": "c\n",
      "bin/run": "#!/bin/sh\n",
      "log/.keep": "",
      "empty.txt": "",
    },
  });
  await symlink("index.html", join(stage.source, "home"));
  for (const host of ["web1", "web2", "web3"]) {
    await mkdir(stage.place(host, "shared/config"), { recursive: true });
    await writeFile(stage.place(host, "shared/config/app.yml"), "secret: 1\n");
  }
});
afterAll(async () => {
  await stage.expectTidy();
  await stage[Symbol.asyncDispose]();
});

test("where nothing is deployed yet it says so", async () => {
  const { exitCode, stdout } = await stage.run("verify");
  expect(stdout).toContain("web1  no release is current");
  expect(exitCode).toBe(0);
});

test("what was deployed is found as deployed: shared links, REVISION and what shared folders hold are ours", async () => {
  expect((await stage.run("deploy", ["-r", "one"])).exitCode).toBe(0);
  for (const host of ["web1", "web2", "web3"])
    await writeFile(stage.place(host, "current/log/production.log"), "a line\n");
  const { exitCode, stdout } = await stage.run("verify");
  expect(stdout).toMatch(/^web2 {2}one {2}as deployed \(7 files, /m);
  expect(stdout).not.toContain("drifted");
  expect(exitCode).toBe(0);
});

test("each path that drifted is named with what happened to it, on the host it happened on", async () => {
  const then = new Date("2020-01-01");
  await writeFile(at("app/a.js"), "A\n");
  await utimes(at("app/a.js"), then, then);
  await rm(at("app/b.js"));
  await chmod(at("bin/run"), 0o600);
  await rm(at("app/deep/c.js"));
  await mkdir(at("app/deep/c.js"));
  await rm(at("home"));
  await symlink("/etc/passwd", at("home"));
  await mkdir(at("debug"));
  await writeFile(at("debug/shell.php"), "");
  await writeFile(at("config/local.yml"), "");
  await rm(at("log"));
  await mkdir(at("log"));
  await rm(at("public/uploads"));
  await writeFile(at("REVISION"), "something else\n");

  const { exitCode, events, host } = await stage.json("verify", ["web*"]);
  expect(exitCode).toBe(2);
  const found = (
    events as readonly { type: string; host?: string; state?: string; paths?: unknown }[]
  ).filter(({ type }) => type === "verified");
  expect(found.map(({ host, state }) => [host, state]).sort()).toEqual([
    ["web1", "clean"],
    ["web2", "drifted"],
    ["web3", "clean"],
  ]);
  const shared = (path: string) => `was a link to ${stage.place("web2", "shared", path)}`;
  expect(found.find(({ host }) => host === "web2")?.paths).toEqual([
    { path: "REVISION", problem: "changed" },
    { path: "app/a.js", problem: "changed" },
    { path: "app/b.js", problem: "missing" },
    { path: "app/deep/c.js", problem: "type", detail: "a folder, was a file" },
    { path: "bin/run", problem: "mode", detail: "0600, was 0644" },
    { path: "config/local.yml", problem: "added" },
    { path: "debug", problem: "added" },
    { path: "home", problem: "link", detail: "to /etc/passwd, was to index.html" },
    { path: "log", problem: "type", detail: shared("log") },
    { path: "public/uploads", problem: "missing", detail: shared("public/uploads") },
  ]);
  expect(host("web2")).toMatchObject({
    status: "failed",
    error: "10 paths are not as release one brought them",
  });

  const { exitCode: code, stdout, stderr } = await stage.run("verify", ["--limit", "web2"]);
  expect(code).toBe(2);
  for (const line of [
    /^web2 {2}one {2}drifted: 10 paths \(7 files, /m,
    /^ {2}changed +app\/a\.js$/m,
    /^ {2}mode +bin\/run +0600, was 0644$/m,
    /^ {2}added +debug$/m,
  ])
    expect(stdout).toMatch(line);
  expect(stdout + stderr).toContain("deploy the same again under another name");
});

test("paths that may be anything are left out; another release can be asked for", async () => {
  const ignored = ["app/", "bin", "./config", "debug", "home", "log", "public", "REVISION"];
  const words = ignored.flatMap((path) => ["--ignore", path]);
  expect((await stage.run("verify", words)).exitCode).toBe(0);
  await stage.write({ "index.html": "two\n" });
  expect((await stage.run("deploy", ["-r", "two"])).exitCode).toBe(0);
  expect((await stage.run("verify")).exitCode).toBe(0);
  const old = await stage.run("verify", ["--release", "one"]);
  expect(old.stdout).toContain("web2  one  drifted: 10 paths");
  expect(old.exitCode).toBe(2);
  const none = await stage.run("verify", ["--release", "none"]);
  expect(none.stdout).toContain("no complete release none");
  expect(none.exitCode).toBe(2);
});

test("a release that another tool made can't be told, and nothing is changed by looking", async () => {
  const theirs = stage.place("web3", "releases/20240101000000");
  await mkdir(theirs);
  await writeFile(join(theirs, "REVISION"), "abc\n");
  await rm(stage.place("web3", "current"));
  await symlink("releases/20240101000000", stage.place("web3", "current"));
  const { exitCode, stdout } = await stage.run("verify");
  expect(stdout).toContain("web3  20240101000000  can't be told");
  expect(exitCode).toBe(0);
  expect(await readlink(stage.place("web3", "current"))).toBe("releases/20240101000000");
});
