import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { PROJECT, recipes } from "./readme.ts";

const before = footprint();
let fleet: Fleet;
/** A project as a team would have it: our lib and scripts, the recipes among them, an inventory of its own. */
let team: string;
let source: string;

beforeAll(async () => {
  fleet = await startFleet({ hosts: 3 });
  team = await temporaryFolder("team");
  source = join(team, "build");
  for (const folder of ["build", "scripts", "bin", "inventories/prod/group_vars"])
    await mkdir(join(team, folder), { recursive: true });
  for (const name of ["lib", "node_modules", "tsconfig.json"])
    await symlink(join(PROJECT, name), join(team, name));
  for (const name of await readdir(join(PROJECT, "scripts")))
    await symlink(join(PROJECT, "scripts", name), join(team, "scripts", name));
  for (const [name, code] of recipes()) await writeFile(join(team, "scripts", name), code);
  await symlink(process.execPath, join(team, "bin", "bun"));
  const inventory = join(team, "inventories", "prod");
  await symlink(fleet.inventory, join(inventory, "hosts.yml"));
  const datacenters = { dc1: { hosts: { web1: null, web2: null } }, dc2: { hosts: { web3: null } } };
  await writeFile(join(inventory, "datacenters.yml"), dump(datacenters));
  const vars = {
    rookery_source: source,
    rookery_deploy_to: `${fleet.root}/{{ inventory_hostname }}/files/app`,
  };
  await writeFile(join(inventory, "group_vars", "all.yml"), dump(vars));
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(team, { recursive: true });
  await expectNothingLeft(before);
});

async function run(...words: readonly string[]) {
  const env = { ...process.env, PATH: `${join(team, "bin")}:${process.env.PATH}` };
  const child = Bun.spawn(["bun", ...words], {
    cwd: team,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { exitCode, output: stdout + stderr };
}

/** What `current` is on each host; undefined where there is none. */
async function current() {
  const links = fleet.names.map((name) =>
    readlink(join(fleet.folder(name), "app", "current")).catch(() => undefined),
  );
  return (await Promise.all(links)).map((link) => link?.split("/").at(-1));
}

async function newRelease(text: string): Promise<void> {
  await writeFile(join(source, "index.html"), text);
}

test("each is under 30 lines", () => {
  const lengths = [...recipes()].map(([name, code]) => [name, code.trimEnd().split("\n").length] as const);
  expect(lengths).toHaveLength(2);
  for (const [, lines] of lengths) expect(lines).toBeLessThan(30);
});

test("they are good TypeScript", async () => {
  // What describes packages without types is not imported by anybody, only there.
  const include = [...[...recipes().keys()].map((name) => `scripts/${name}`), join(PROJECT, "lib/**/*.d.ts")];
  const config = { extends: join(PROJECT, "tsconfig.json"), include };
  await writeFile(join(team, "recipes.json"), JSON.stringify(config));
  const { stdout } = await Bun.$`${join(PROJECT, "node_modules/.bin/tsc")} --noEmit -p recipes.json`
    .cwd(team)
    .nothrow()
    .quiet();
  expect(stdout.toString()).toBe("");
}, 30_000);

test("a canary that is not well keeps the others where they are; one that is well lets them follow", async () => {
  const health = `grep -q two ${fleet.root}/web1/files/app/current/index.html`;
  await newRelease("one");
  const sick = await run("scripts/canary.ts", "prod", health);
  expect({ exitCode: sick.exitCode, output: sick.output }).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("ended with exit code 2"),
  });
  expect(await current()).toEqual([expect.any(String), undefined, undefined]);

  await newRelease("two");
  const well = await run("scripts/canary.ts", "prod", health);
  expect(well).toMatchObject({ exitCode: 0, output: expect.stringContaining("on 3 hosts") });
  const [first, ...others] = await current();
  expect(first).toMatch(/^\d{14}$/);
  expect(others).toEqual([first, first]);
}, 30_000);

test("the second datacenter gets the release under the same name, and not at all when the first fails", async () => {
  await newRelease("three");
  const good = await run("scripts/two-datacenters.ts", "prod", "dc1", "dc2");
  expect(good).toMatchObject({ exitCode: 0 });
  const [release, ...others] = await current();
  expect(others).toEqual([release, release]);

  await newRelease("four");
  await fleet.kill("web2");
  const bad = await run("scripts/two-datacenters.ts", "prod", "dc1", "dc2");
  expect(bad.exitCode).toBe(4);
  expect(await current()).toEqual([release, release, release]);
}, 30_000);
