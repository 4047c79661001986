import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { lstat, mkdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { activateRelease, markGood, switchBack } from "../../lib/release/activate.ts";
import { inspectHost } from "../../lib/release/inspect.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { newSite, writeCapistranoTree } from "./site.ts";

setDefaultTimeout(30_000); // processes take their time on a busy machine

const before = footprint();
afterAll(() => expectNothingLeft(before));

const OLD = "20250101000000";
const NEW = "20250102000000";

test("who reads current during switches never finds it missing", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, [OLD, NEW]);
  const reads = 100_000;
  const program = `
    const { readFileSync } = require("node:fs");
    const seen = {};
    console.log("started");
    for (let count = 0; count < ${reads}; count += 1) {
      let text;
      try { text = readFileSync(process.argv[1], "utf8").trim(); } catch (error) { text = error.code; }
      seen[text] = (seen[text] ?? 0) + 1;
    }
    console.log(JSON.stringify(seen));`;
  const path = join(site.deployTo, "current", "REVISION");
  const reader = Bun.spawn([process.execPath, "-e", program, path], { stdout: "pipe" });
  let running = true;
  void reader.exited.then(() => {
    running = false;
  });
  let switches = 0;
  while (running) {
    await activateRelease(site.deployTo, switches % 2 === 0 ? OLD : NEW);
    switches += 1;
  }
  const lines = (await new Response(reader.stdout).text()).trim().split("\n");
  const seen = JSON.parse(lines.at(-1) ?? "") as Record<string, number>;
  expect(switches).toBeGreaterThan(20);
  expect(Object.keys(seen).sort()).toEqual([`revision-of-${OLD}`, `revision-of-${NEW}`]);
  expect(Object.values(seen).reduce((sum, count) => sum + count)).toBe(reads);
});

test("a first link is relative; later ones are as the one before", async () => {
  await using site = await newSite();
  const current = join(site.deployTo, "current");
  await writeCapistranoTree(site.deployTo, [OLD, NEW]);
  expect(await activateRelease(site.deployTo, OLD)).toEqual({ previous: NEW });
  expect(await readlink(current)).toBe(join(site.deployTo, "releases", OLD));
  await switchBack(site.deployTo, undefined);
  await expect(lstat(current)).rejects.toThrow("ENOENT");
  expect(await activateRelease(site.deployTo, OLD)).toEqual({ previous: undefined });
  expect(await readlink(current)).toBe(`releases/${OLD}`);
  expect(await activateRelease(site.deployTo, OLD)).toEqual({ previous: OLD });
  await switchBack(site.deployTo, NEW);
  expect(await readlink(current)).toBe(`releases/${NEW}`);
});

test("the other way of spelling the same place is kept", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, [OLD, NEW]);
  const alias = join(site.root, "alias");
  await symlink(site.deployTo, alias);
  await activateRelease(alias, OLD);
  expect(await readlink(join(site.deployTo, "current"))).toBe(join(site.deployTo, "releases", OLD));
});

test("only a complete release can become current", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, [OLD]);
  await mkdir(join(site.deployTo, "releases", "half"));
  for (const id of ["half", "missing", "../shared"]) {
    await expect(activateRelease(site.deployTo, id)).rejects.toMatchObject({ code: "release" });
    await expect(switchBack(site.deployTo, id)).rejects.toMatchObject({ code: "release" });
    await expect(markGood(site.deployTo, id, { by: "ops" })).rejects.toMatchObject({ code: "release" });
  }
  expect((await inspectHost(site.deployTo)).current).toBe(OLD);
});

test("good releases are noted, in Capistrano's log too", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, [OLD, NEW]);
  await writeFile(
    join(site.deployTo, "revisions.log"),
    "Branch main (at abc) deployed as release 1 by deploy\n",
  );
  await markGood(site.deployTo, NEW, { by: "ops@laptop" });
  await activateRelease(site.deployTo, OLD);
  await markGood(site.deployTo, OLD, { by: "eve\nforged@laptop", rollback: true });
  expect((await readFile(join(site.deployTo, "revisions.log"), "utf8")).split("\n")).toEqual([
    "Branch main (at abc) deployed as release 1 by deploy",
    `Release (at revision-of-${NEW}) deployed as release ${NEW} by ops@laptop`,
    `eve forged@laptop rolled back to release ${OLD}`,
    "",
  ]);
  const { current, previous, releases } = await inspectHost(site.deployTo);
  expect({ current, previous }).toEqual({ current: OLD, previous: NEW });
  expect(releases.map(({ activatedAt }) => typeof activatedAt)).toEqual(["string", "string"]);
});
