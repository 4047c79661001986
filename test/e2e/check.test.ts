// --check shows what a deploy would do and does nothing; --json says everything to programs.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readTree } from "./digest.ts";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
const hosts = ["web1", "web2", "web3"];

beforeAll(async () => {
  stage = await startStage({ vars: { rookery_keep_releases: 2 } });
});
afterEach(() => stage.expectTidy());
afterAll(() => stage[Symbol.asyncDispose]());

/** Everything below each host's folder, and its home with the cache in it. */
const everything = () =>
  stage.fleet.names.map((host) => readTree(join(stage.fleet.root, host), { untouched: true }));

test("--check on hosts that never saw a deploy makes no folder and no cache there", async () => {
  const before = everything();
  const { exitCode, stdout } = await stage.run("deploy", ["--check", "-r", "one"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("checked, nothing was changed: one would be switched to on 3 of 3 hosts");
  expect(stdout).toMatch(/would travel to 3 hosts/);
  for (const host of hosts) expect(stdout).toContain(`${host}  fetch, switch  nothing yet  one`);
  for (const host of hosts) expect(stdout).toContain(stage.place(host));
  expect(everything()).toEqual(before);
});

test("--check names what would be removed, and that much is removed", async () => {
  for (const id of ["one", "two", "three"]) {
    await stage.write({ "index.html": `${id}\n` });
    expect((await stage.run("deploy", ["-r", id])).exitCode).toBe(0);
  }
  await stage.write({ "index.html": "four\n" });
  const before = everything();
  const check = await stage.json("deploy", ["--check", "-r", "four"]);
  expect(check.exitCode).toBe(0);
  const { rows, totalBytes } = check.one("preview");
  expect(totalBytes).toBeGreaterThan(0);
  for (const [index, row] of rows.entries()) {
    const { host, current, release, action, deployTo, removes } = row;
    const name = hosts[index] as string;
    expect({ host, current, release, action, deployTo, removes }).toEqual({
      ...{ host: name, current: "three", release: "four", action: "fetch" },
      ...{ deployTo: stage.place(name), removes: ["two"] },
    });
    expect(row.freeBytes).toBeGreaterThan(0);
  }
  expect(everything()).toEqual(before);

  expect((await stage.run("deploy", ["-r", "four"])).exitCode).toBe(0);
  for (const host of hosts) expect(await stage.releases(host)).toEqual(["four", "three"]);
});

test("--check of what runs already has nothing to do", async () => {
  const { exitCode, stdout } = await stage.run("deploy", ["--check"]);
  expect(exitCode).toBe(0);
  for (const host of hosts) expect(stdout).toMatch(new RegExp(`^${host} +nothing +four`, "m"));
  expect(stdout).toContain("on 0 of 3 hosts");
});

test("--json tells plan, phases, torrent, progress, one line a host and the summary, in that order", async () => {
  await stage.write({ "index.html": "five\n" });
  const { exitCode, stdout, stderr, events, one } = await stage.json("deploy", ["-r", "five"]);
  expect(exitCode).toBe(0);
  expect(stderr).toBe("");
  for (const line of stdout.trimEnd().split("\n")) expect(JSON.parse(line)).toBeObject();
  expect(events[0]).toMatchObject({
    type: "plan",
    title: expect.stringContaining("shop from"),
    hosts: hosts.map((host) => ({ host, group: "web" })),
  });
  const phases = events.flatMap((event) => (event.type === "phase" ? [`${event.phase} ${event.state}`] : []));
  expect(phases).toEqual(
    ["connect", "pack", "bootstrap", "distribute", "activate"].flatMap((phase) => [
      `${phase} start`,
      `${phase} end`,
    ]),
  );
  expect(events.filter((event) => event.type === "progress").length).toBeGreaterThan(0);
  const { infohash, totalBytes } = one("torrent");
  const told = events.filter((event) => event.type === "host");
  expect(told.map(({ host }) => host).sort()).toEqual(hosts);
  for (const host of told)
    expect(host).toEqual({
      type: "host",
      host: host.host,
      status: "ok",
      bytes: totalBytes,
      seconds: expect.any(Number),
    });
  const seconds = expect.any(Number);
  expect(events.at(-1)).toEqual({
    ...{
      type: "summary",
      ok: 3,
      failed: 0,
      unreachable: 0,
      skipped: 0,
      release: "five",
      infohash,
      bytes: totalBytes,
    },
    seconds: {
      pack: seconds,
      connect: seconds,
      bootstrap: seconds,
      distribute: seconds,
      activate: seconds,
      total: seconds,
    },
    ...{ outcome: "shop is five on 3 of 3 hosts", exitCode: 0 },
  });
});

test("--json has a line for errors before the start, and none but JSON", async () => {
  const { exitCode, one, stderr } = await stage.json("deploy", ["--limit", "db*"]);
  expect(exitCode).toBe(1);
  expect(one("error")).toMatchObject({ code: "pattern", message: expect.stringContaining("db*") });
  expect(stderr).toContain("db*");
});

test("a host's cache holds one peer and no copy of a Bun it has itself", async () => {
  for (const host of hosts) {
    const cache = join(stage.fleet.home(host), ".cache/rookery");
    expect((await readdir(cache)).map((name) => name.replace(/[0-9a-f]{16}/, "HASH"))).toEqual([
      "peer-HASH.js",
    ]);
  }
});
