// What an earlier version left on the hosts: releases whose record knows no tree, without a list of their files.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(120_000);

let stage: Stage;
const hosts = ["web1", "web2"];
const BYTES = 1024 * 1024;
const states = () => Promise.all(hosts.map(stage.current));

beforeAll(async () => {
  stage = await startStage({ hosts: 2 });
  await stage.write({ "large.txt": randomBytes(BYTES / 2).toString("hex") });
  expect((await stage.run("deploy", ["-r", "earlier"])).exitCode).toBe(0);
  for (const host of hosts) {
    const records = stage.place(host, ".rookery/releases");
    const { id, infohash, state, revision, installedAt, activatedAt, replaced } = JSON.parse(
      await readFile(`${records}/earlier.json`, "utf8"),
    );
    const record = { id, infohash, state, revision, installedAt, activatedAt, replaced };
    await writeFile(`${records}/earlier.json`, `${JSON.stringify(record)}\n`);
    await rm(`${records}/earlier.tree`);
  }
});
afterEach(() => stage.expectTidy());
afterAll(() => stage[Symbol.asyncDispose]());

test("the next deploy sends everything, and the one after that only what changed", async () => {
  await stage.write({ "index.html": "two\n" });
  const next = await stage.json("deploy", ["-r", "two"]);
  expect(next.exitCode).toBe(0);
  expect(next.events.filter((event) => event.type === "note" && event.level === "warning")).toEqual([]);
  expect(await states()).toEqual(["two", "two"]);
  // Hex is packed into half of its size.
  for (const host of hosts) expect(next.host(host).bytes).toBeGreaterThan(BYTES / 3);
  await stage.write({ "index.html": "three\n" });
  const third = await stage.json("deploy", ["-r", "three"]);
  expect(third.exitCode).toBe(0);
  for (const host of hosts) expect(third.host(host).bytes).toBeLessThan(BYTES / 30);
});

test("verify.ts says that it can't tell, and nothing is wrong with the others", async () => {
  const earlier = await stage.run("verify", ["--release", "earlier"]);
  expect(earlier.stdout + earlier.stderr).toMatch(/earlier/);
  expect(earlier.stdout).not.toContain("as deployed");
  const two = await stage.run("verify");
  expect({ exitCode: two.exitCode, said: two.stdout }).toMatchObject({ exitCode: 0 });
});

test("it is gone back to, and brought to a host that lacks it", async () => {
  await rm(stage.place("web2", "releases/earlier"), { recursive: true });
  await rm(stage.place("web2", ".rookery/releases/earlier.json"));
  const { exitCode, stdout } = await stage.run("rollback", ["earlier"]);
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(await states()).toEqual(["earlier", "earlier"]);
  const texts = hosts.map((host) => readFile(stage.place(host, "current/index.html"), "utf8"));
  expect(await Promise.all(texts)).toEqual(["one\n", "one\n"]);
});
