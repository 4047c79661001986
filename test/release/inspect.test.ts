import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { activateRelease, markGood, switchBack } from "../../lib/release/activate.ts";
import { inspectHost } from "../../lib/release/inspect.ts";
import { newSite, writeCapistranoTree } from "./site.ts";

test("a host that has nothing yet: no releases, the room of the nearest folder", async () => {
  await using site = await newSite();
  const report = await inspectHost(join(site.deployTo, "not", "yet"));
  expect(report).toMatchObject({ current: undefined, releases: [], lock: undefined });
  expect(report.freeBytes).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(report))).toBeDefined();
});

test("Capistrano's releases are recognised; half-written ones and other things are not listed", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, ["20250101000000", "20250102000000"]);
  const releases = join(site.deployTo, "releases");
  await mkdir(join(releases, "20250103000000")); // still being copied: no REVISION
  await mkdir(join(releases, "20250104000000"));
  execFileSync("mkfifo", [join(releases, "20250104000000", "REVISION")]);
  await mkdir(join(releases, ".hidden"));
  await writeFile(join(releases, "notes.txt"), "");
  await symlink("20250101000000", join(releases, "stable"));
  const report = await inspectHost(site.deployTo);
  expect(report.current).toBe("20250102000000");
  expect(report.releases.map(({ id, state, revision }) => [id, state, revision])).toEqual([
    ["20250101000000", "foreign", "revision-of-20250101000000"],
    ["20250102000000", "foreign", "revision-of-20250102000000"],
  ]);
});

test("what is current is a release even without REVISION, and stays one after we switch away from it", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, ["20250101000000", "20250102000000"]);
  await rm(join(site.deployTo, "releases", "20250102000000", "REVISION"));
  expect((await inspectHost(site.deployTo)).releases.map(({ id }) => id)).toContain("20250102000000");
  await activateRelease(site.deployTo, "20250101000000");
  const report = await inspectHost(site.deployTo);
  expect(report).toMatchObject({ current: "20250101000000", previous: "20250102000000" });
  expect(report.releases.map(({ id }) => id)).toContain("20250102000000");
});

test.each([
  ["relative", "releases/20250101000000"],
  ["with a slash at its end", "releases/20250101000000/"],
  ["dotted", "./releases/../releases/20250101000000"],
  ["through another link", "releases/stable"],
])("current may be a link that is %s", async (_, target) => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, ["20250101000000"]);
  await symlink("20250101000000", join(site.deployTo, "releases", "stable"));
  await rm(join(site.deployTo, "current"));
  await symlink(target, join(site.deployTo, "current"));
  expect((await inspectHost(site.deployTo)).current).toBe("20250101000000");
});

test("releases/ may be a link to another place", async () => {
  await using site = await newSite();
  await writeCapistranoTree(join(site.root, "big-disk"), ["20250101000000"]);
  await mkdir(site.deployTo);
  await symlink(join(site.root, "big-disk", "releases"), join(site.deployTo, "releases"));
  await symlink("releases/20250101000000", join(site.deployTo, "current"));
  expect((await inspectHost(site.deployTo)).current).toBe("20250101000000");
});

test("a link to a release that is gone is no current release", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, ["20250101000000"]);
  await rm(join(site.deployTo, "releases", "20250101000000"), { recursive: true });
  expect((await inspectHost(site.deployTo)).current).toBeUndefined();
});

test("current that is a folder, or leads elsewhere, is refused with what to do", async () => {
  await using site = await newSite();
  const current = join(site.deployTo, "current");
  await mkdir(current, { recursive: true });
  const asFolder = { code: "release", message: `${current} is a folder, not a symlink` };
  await expect(inspectHost(site.deployTo)).rejects.toMatchObject(asFolder);
  await expect(inspectHost(site.deployTo)).rejects.toHaveProperty("hint", expect.stringContaining("ln -s"));
  await rm(current, { recursive: true });
  await symlink("/usr", current);
  await expect(inspectHost(site.deployTo)).rejects.toMatchObject({ code: "release" });
  await expect(activateRelease(site.deployTo, "a")).rejects.toThrow("points to /usr");
  await expect(inspectHost(join(site.deployTo, "current", "bin", "env"))).rejects.toThrow("in the way");
});

test("what was never marked good is told apart from what was", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, ["20250101000000", "20250102000000"]);
  const { previous } = await activateRelease(site.deployTo, "20250101000000");
  await markGood(site.deployTo, "20250101000000", { by: "ops@laptop" });
  const [first] = (await inspectHost(site.deployTo)).releases;
  expect(first?.state).toBe("foreign");
  expect(Date.now() - Date.parse(first?.activatedAt ?? "")).toBeLessThan(60_000);
  await switchBack(site.deployTo, previous);
  expect((await inspectHost(site.deployTo)).current).toBe("20250102000000");
});
