// Inventory vars → settings, from real inventories on disk.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { unservedVars } from "../../lib/ansistrano.ts";
import { loadInventory } from "../../lib/inventory/load.ts";
import type { HostSettings } from "../../lib/settings.ts";
import { settingsOf, swarmSettingsOf } from "../../lib/settings-of.ts";
import { temporaryFolder } from "../support/marker.ts";

let root: string;
let inventories = 0;
beforeAll(async () => {
  root = await temporaryFolder("settings");
});
afterAll(() => rm(root, { recursive: true }));

/** An inventory with host web1 in group web, which has these vars. */
async function hostWith(vars: Readonly<Record<string, unknown>>) {
  const folder = join(root, `${inventories++}`);
  await mkdir(join(folder, "group_vars"), { recursive: true });
  await writeFile(join(folder, "hosts.yml"), dump({ web: { hosts: { web1: {} } } }));
  await writeFile(join(folder, "group_vars", "web.yml"), dump(vars));
  const inventory = await loadInventory([folder]);
  const [host] = inventory.match("all");
  if (host === undefined) throw new Error("no host");
  return { inventory, host };
}

async function settings(
  vars: Readonly<Record<string, unknown>>,
  flags?: { source: string },
): Promise<HostSettings> {
  const { inventory, host } = await hostWith(vars);
  return settingsOf(inventory, host, flags);
}

const LEAST = { rookery_source: "./build", rookery_deploy_to: "/srv/www/shop/" };

test("two vars are enough; the rest has defaults", async () => {
  expect(await settings(LEAST)).toEqual({
    ...{ app: "shop", source: "./build", deployTo: "/srv/www/shop", keepReleases: 5 },
    ...{ sharedPaths: [], sharedFiles: [], exclude: [], beforeActivate: [], afterActivate: [] },
    ...{ serial: [], maxFailPercentage: undefined, health: [] },
    ...{ healthRetries: 10, healthDelaySeconds: 2, healthTimeoutSeconds: 5 },
    ...{ via: "auto" as const, address: undefined, ports: { from: 6881, to: 6999 } },
    ...{ zone: "", seeders: 2, maxUpload: undefined, maxDownload: undefined },
    ...{ metrics: undefined, hardlinks: false },
  });
});

test("an Ansistrano shop needs no new vars, and ours go first", async () => {
  const ansistrano = {
    ansistrano_deploy_from: "../app",
    ansistrano_deploy_to: "/var/www/{{ inventory_hostname }}",
    ansistrano_keep_releases: "3",
    ansistrano_shared_paths: ["log", "tmp/./cache/"],
    ansistrano_shared_files: ["config/db.yml"],
    ansistrano_version_dir: "releases",
  };
  expect(await settings(ansistrano)).toMatchObject({
    ...{ app: "web1", source: "../app", deployTo: "/var/www/web1", keepReleases: 3 },
    ...{ sharedPaths: ["log", "tmp/cache"], sharedFiles: ["config/db.yml"] },
  });
  expect(await settings({ ...ansistrano, rookery_keep_releases: 9, rookery_shared_paths: [] })).toMatchObject(
    {
      keepReleases: 9,
      sharedPaths: [],
    },
  );
});

test("Ansistrano vars that change what a deploy does are named, with what to do", async () => {
  const vars = {
    ...{
      ansistrano_current_dir: "live",
      ansistrano_version_dir: "releases",
      ansistrano_before_setup_tasks_file: "",
      ansistrano_unarchive_exclude: [],
    },
    ansistrano_deploy_via: "s3_unarchive",
    ansistrano_current_via: "rsync",
    ansistrano_after_symlink_tasks_file: "restart.yml",
  };
  const { rookery_source: _ours, ...least } = LEAST;
  const { inventory, host } = await hostWith({ ...least, ansistrano_deploy_from: "app", ...vars });
  const said = unservedVars(inventory, host);
  expect(said.map((line) => line.split(" ")[0])).toEqual([
    "ansistrano_current_dir",
    "ansistrano_current_via",
    "ansistrano_after_symlink_tasks_file",
    "ansistrano_deploy_via",
  ]);
  expect(said.join("\n")).toMatch(
    /rookery_deploy_to\n.*symlink.*\n.*rookery_after_activate.*\n.*rookery_source/,
  );
});

test("what Ansistrano would check out is the source, a part of the repository too", async () => {
  const { rookery_source: _ours, ...least } = LEAST;
  const git = { ansistrano_deploy_via: "git", ansistrano_git_repo: "ssh://git@example.net/shop.git" };
  expect(await settings({ ...least, ...git })).toMatchObject({
    source: "git+ssh://git@example.net/shop.git#master",
  });
  const part = { ansistrano_git_branch: "v2", ansistrano_git_repo_tree: "/public/" };
  expect(await settings({ ...least, ...git, ...part })).toMatchObject({
    source: "git+ssh://git@example.net/shop.git#v2:public",
  });
});

test("a command may be for one host only, as migrations are", async () => {
  const migrate = "{{ ['bin/rails db:migrate'] if inventory_hostname == groups['web'][0] else [] }}";
  expect(await settings({ ...LEAST, rookery_before_activate: migrate })).toMatchObject({
    beforeActivate: ["bin/rails db:migrate"],
  });
  const other = migrate.replace("==", "!=");
  expect(await settings({ ...LEAST, rookery_before_activate: other })).toMatchObject({ beforeActivate: [] });
});

describe("values as inventories write them", () => {
  test.each([
    ["rookery_keep_releases", "7", { keepReleases: 7 }],
    ["rookery_keep_releases", 0, { keepReleases: 0 }],
    ["rookery_keep_releases", "{{ 2 + 1 }}", { keepReleases: 3 }],
    ["rookery_app", 42, { app: "42" }],
    ["rookery_before_activate", "make check", { beforeActivate: ["make check"] }],
    ["rookery_before_activate", ["a", "b {{ inventory_hostname }}"], { beforeActivate: ["a", "b web1"] }],
    ["rookery_after_activate", "", { afterActivate: [] }],
    ["rookery_after_activate", null, { afterActivate: [] }],
    ["rookery_exclude", ["*.log"], { exclude: ["*.log"] }],
    ["rookery_seeders", "3", { seeders: 3 }],
    ["rookery_ports", 7000, { ports: { from: 7000, to: 7000 } }],
    ["rookery_ports", "7000-7010", { ports: { from: 7000, to: 7010 } }],
    ["rookery_ports", "7000 - 7010", { ports: { from: 7000, to: 7010 } }],
    ["rookery_address", "10.0.0.7", { address: "10.0.0.7" }],
    ["rookery_deploy_to", "/srv/../srv/a//b/", { deployTo: "/srv/a/b" }],
    ["rookery_shared_paths", ["./log/"], { sharedPaths: ["log"] }],
  ])("%s: %p", async (name, value, wanted) => {
    expect(await settings({ ...LEAST, [name]: value })).toMatchObject(wanted);
  });
});

describe("values that can't be are named with var, file and host", () => {
  test.each([
    ["rookery_keep_releases", "many", "wants a whole number"],
    ["rookery_keep_releases", -1, "wants a whole number"],
    ["rookery_keep_releases", 1.5, "wants a whole number"],
    ["rookery_seeders", 0, "wants a whole number, 1 or more"],
    ["rookery_app", ["a"], "wants a text"],
    ["rookery_source", "  ", "wants a text"],
    ["rookery_deploy_to", "srv/shop", "wants an absolute path"],
    ["rookery_deploy_to", "/", "two levels"],
    ["rookery_deploy_to", "/srv/shop/../..", "two levels"],
    ["rookery_before_activate", { a: 1 }, "wants a list"],
    ["rookery_before_activate", ["a", ["b"]], "item 2 wants a text"],
    ["rookery_shared_paths", ["/etc"], "no path inside the release"],
    ["rookery_shared_paths", ["a/../../b"], "no path inside the release"],
    ["rookery_shared_files", ["."], "no path inside the release"],
    ["rookery_ports", "0", "port range"],
    ["rookery_ports", "7010-7000", "port range"],
    ["rookery_ports", "6881-70000", "port range"],
    ["rookery_ports", "many", "port range"],
  ])("%s: %p", async (name, value, problem) => {
    const error = await settings({ ...LEAST, [name]: value }).catch((reason) => reason);
    expect(error).toMatchObject({ code: "setting", host: "web1" });
    expect(error.message).toContain(problem);
    expect(error.message).toContain(name);
    expect(error.message).toContain("group_vars/web.yml");
  });

  test("a value that is missing names the file to put it in", async () => {
    const error = await settings({ rookery_deploy_to: "/srv/www/shop" }).catch((reason) => reason);
    expect(error).toMatchObject({ code: "setting", host: "web1", message: "rookery_source is not set" });
    expect(error.hint).toContain("group_vars/web.yml");
    expect(await settings({ rookery_deploy_to: "/srv/www/shop" }, { source: "x" })).toMatchObject({
      source: "x",
    });
  });

  test("an undefined variable in one is named, too", async () => {
    const error = await settings({ ...LEAST, rookery_deploy_to: "/srv/{{ stage }}/shop" }).catch(
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: "setting", host: "web1" });
    for (const part of ["rookery_deploy_to", "stage", "group_vars/web.yml"])
      expect(error.message).toContain(part);
  });
});

test("runs without releases need no release settings", async () => {
  const { inventory, host } = await hostWith({ rookery_address: "10.0.0.7", rookery_deploy_to: "nowhere" });
  expect(swarmSettingsOf(inventory, host)).toMatchObject({
    address: "10.0.0.7",
    ports: { from: 6881, to: 6999 },
  });
});

test.each([
  ["100Mbit", 12_500_000],
  ["12.5MB", 12_500_000],
  ["12.5MB/s", 12_500_000],
  ["1Gbps", 125_000_000],
  ["1Gbit", 125_000_000],
  ["64KiB", 65_536],
  ["64kiB", 65_536],
  [20_000, 20_000],
  ["20", undefined],
  ["fast", undefined],
])("a rate of %p is %p bytes a second", async (value, bytes) => {
  const read = settings({ ...LEAST, rookery_max_upload: value });
  if (bytes === undefined) await expect(read).rejects.toMatchObject({ code: "setting", host: "web1" });
  else expect((await read).maxUpload).toBe(bytes);
});

test("any var can name the zone", async () => {
  const read = await settings({ ...LEAST, datacenter: "fra1", rookery_zone: "{{ datacenter }}" });
  expect(read.zone).toBe("fra1");
});
