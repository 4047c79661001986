// The recipes of scripts/recipes, each run as a team would run its copy: beside our lib, with an inventory of its own.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { PROJECT, recipes } from "../docs/readme.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";

setDefaultTimeout(120_000);

const RECIPES = join(PROJECT, "scripts", "recipes");
const names = (await readdir(RECIPES)).toSorted();
const before = footprint();
let fleet: Fleet;
let team: string;
let source: string;

beforeAll(async () => {
  // A login begins in the host's own home, where paths that are not absolute start; sshd would take the user's.
  const config = ['ForceCommand cd "$HOME" && exec sh -c "$SSH_ORIGINAL_COMMAND"'];
  fleet = await startFleet({ hosts: 3, config: { web1: config, web2: config, web3: config } });
  team = await temporaryFolder("team");
  source = join(team, "build");
  for (const folder of [
    "build",
    "scripts/recipes",
    "inventories/prod/group_vars",
    "inventories/colours/group_vars",
  ])
    await mkdir(join(team, folder), { recursive: true });
  for (const name of ["lib", "node_modules", "tsconfig.json"])
    await symlink(join(PROJECT, name), join(team, name));
  // Copies, as a team's own are: what they import is found from where they stand.
  for (const name of names) await copyFile(join(RECIPES, name), join(team, "scripts", "recipes", name));
  await copyFile(join(PROJECT, "scripts", "deploy.ts"), join(team, "scripts", "deploy.ts"));
  const datacenters = { dc1: { hosts: { web1: null, web2: null } }, dc2: { hosts: { web3: null } } };
  const vars = {
    rookery_source: source,
    rookery_deploy_to: `${fleet.root}/{{ inventory_hostname }}/files/app`,
    rookery_ports: "20000-29999",
  };
  const colours = {
    ...vars,
    rookery_deploy_to: `${fleet.root}/{{ inventory_hostname }}/files/shop/{{ colour }}`,
  };
  for (const [name, content] of Object.entries({ prod: vars, colours })) {
    const inventory = join(team, "inventories", name);
    await symlink(fleet.inventory, join(inventory, "hosts.yml"));
    await writeFile(join(inventory, "datacenters.yml"), dump(datacenters));
    await writeFile(join(inventory, "group_vars", "all.yml"), dump(content));
  }
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(team, { recursive: true });
  await expectNothingLeft(before);
});

async function run(name: string, ...words: readonly string[]) {
  const child = Bun.spawn([process.execPath, `scripts/recipes/${name}.ts`, ...words], {
    cwd: team,
    env: { ...process.env, CI: undefined, NO_COLOR: "1", XDG_STATE_HOME: join(team, "state") },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { exitCode, output: stderr + stdout };
}

/** A path of every host, read as `read` reads it; undefined where there is none. */
function onHosts<T>(path: string, read: (path: string) => Promise<T>): Promise<(T | undefined)[]> {
  return Promise.all(fleet.names.map((name) => read(join(fleet.folder(name), path)).catch(() => undefined)));
}
const current = (app = "app") =>
  onHosts(join(app, "current"), async (path) => (await readlink(path)).split("/").at(-1));
const texts = (path: string) => onHosts(path, (file) => readFile(file, "utf8"));

async function newRelease(text: string): Promise<void> {
  await writeFile(join(source, "index.html"), text);
}

test("there are six, each under 40 lines, with a line to paste", async () => {
  expect(names).toHaveLength(6);
  for (const name of names) {
    const text = await readFile(join(RECIPES, name), "utf8");
    const [, comment = ""] = text.split("\n");
    const [, pasted = ""] = /^\/\/ .*: (bun scripts\/recipes\/\S+ .*)$/.exec(comment) ?? [];
    expect({ name, pasted }).toEqual({ name, pasted: expect.stringContaining(`recipes/${name} `) });
    expect({ name, short: text.trimEnd().split("\n").length < 40 }).toEqual({ name, short: true });
    const { exitCode, output } = await run(name.replace(".ts", ""), "--help");
    expect(exitCode).toBe(0);
    expect(output).toStartWith(`bun scripts/recipes/${name} `);
    const flags = pasted.match(/(?<= )--?[a-z][\w-]*(?= |$)/g) ?? [];
    for (const flag of flags) expect(output).toContain(`${flag} `);
  }
});

test("the README shows what the files are", async () => {
  expect(recipes().size).toBe(1);
  for (const [name, code] of recipes()) expect(code).toBe(await readFile(join(RECIPES, name), "utf8"));
});

test("copies of them, and of deploy.ts, outside our own files are good TypeScript", async () => {
  // What describes packages without types is not imported by anybody, only there.
  const include = ["scripts", join(PROJECT, "lib/**/*.d.ts")];
  const config = { extends: join(PROJECT, "tsconfig.json"), include };
  await writeFile(join(team, "copies.json"), JSON.stringify(config));
  const { stdout } = await Bun.$`${join(PROJECT, "node_modules/.bin/tsc")} --noEmit -p copies.json`
    .cwd(team)
    .nothrow()
    .quiet();
  expect(stdout.toString()).toBe("");
});

test("canary: one that is not well keeps the others where they are; one that is well lets them follow", async () => {
  const probe = `grep -q two ${fleet.root}/web1/files/app/current/index.html`;
  await newRelease("one");
  const sick = await run("canary", "prod", "--probe", probe);
  expect(sick).toMatchObject({ exitCode: 2, output: expect.stringContaining("ended with exit code 1") });
  expect(await current()).toEqual([expect.any(String), undefined, undefined]);

  await newRelease("two");
  const well = await run("canary", "prod", "--probe", probe);
  expect(well).toMatchObject({ exitCode: 0, output: expect.stringContaining("on 3 of 3 hosts") });
  const [first, ...others] = await current();
  expect(first).toMatch(/^\d{14}$/);
  expect(others).toEqual([first, first]);
});

test("blue-green: each deploy goes beside what is live, and the link follows when all are well", async () => {
  const live = () => onHosts("shop/live", readlink);
  await newRelease("first");
  const first = await run("blue-green", "colours", "--probe", "grep -q first index.html");
  expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining("blue is live with") });
  expect(await live()).toEqual(["blue", "blue", "blue"]);

  await newRelease("second");
  const second = await run("blue-green", "colours");
  expect(second).toMatchObject({ exitCode: 0, output: expect.stringContaining("green is live with") });
  expect(await live()).toEqual(["green", "green", "green"]);
  expect(await texts("shop/live/current/index.html")).toEqual(["second", "second", "second"]);
  expect(await texts("shop/blue/current/index.html")).toEqual(["first", "first", "first"]);

  await newRelease("third");
  const bad = await run("blue-green", "colours", "--probe", "! pwd | grep -q /web2/");
  expect(bad).toMatchObject({
    exitCode: 2,
    output: expect.stringContaining("what was live stays so"),
  });
  expect(await live()).toEqual(["green", "green", "green"]);
  expect(await texts("shop/live/current/index.html")).toEqual(["second", "second", "second"]);
});

test("push-config: what differs is changed, tested and reloaded; what fails its test is put back", async () => {
  const conf = join(team, "app.conf");
  for (const name of fleet.names.slice(1)) {
    await writeFile(join(fleet.home(name), "app.conf"), "old\n", { mode: 0o640 });
  }
  await writeFile(conf, "new\n");
  const words = ["prod", "web", conf, "app.conf", "--reload", "date >> reloads"];
  const first = await run("push-config", ...words, "--test", "test ! -e broken && grep -q new app.conf");
  expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining("changed on 3 hosts") });
  expect(await home("app.conf")).toEqual(["new\n", "new\n", "new\n"]);
  expect((await stat(join(fleet.home("web2"), "app.conf"))).mode & 0o777).toBe(0o640);

  await writeFile(join(fleet.home("web3"), "app.conf"), "drifted\n");
  const again = await run("push-config", ...words);
  expect(again).toMatchObject({ exitCode: 0, output: expect.stringContaining("changed on 1 hosts") });
  const reloads = (await home("reloads")).map((text) => text?.trim().split("\n").length);
  expect(reloads).toEqual([1, 1, 2]);

  await writeFile(conf, "bad\n");
  const bad = await run("push-config", ...words, "--test", "echo no good >&2; false");
  const { exitCode, output } = bad;
  expect(exitCode).toBe(2);
  expect(output).toContain("no good");
  expect(output).toMatch(/skipped, not tried: .* web2 web3/);
  expect(await home("app.conf")).toEqual(["new\n", "new\n", "new\n"]);
});

function home(path: string): Promise<(string | undefined)[]> {
  return Promise.all(
    fleet.names.map((name) => readFile(join(fleet.home(name), path), "utf8").catch(() => undefined)),
  );
}

test("warm-cache: files are on every host, and were read there", async () => {
  const models = join(team, "models");
  await mkdir(models, { recursive: true });
  await writeFile(join(models, "a.bin"), "weights");
  const folder = join(fleet.root, "models-of-web1");
  const first = await run("warm-cache", "prod", "web1", models, folder);
  expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining("in memory, on 1 of 1 hosts") });
  expect(await readFile(join(folder, "a.bin"), "utf8")).toBe("weights");
  const warmed = await run("warm-cache", "prod", "web1", models, folder, "--warm", "wc -c a.bin; exit 3");
  expect(warmed).toMatchObject({ exitCode: 2, output: expect.stringContaining("7 a.bin") });
});

test("fix-one: one file on one host, and back when what follows fails", async () => {
  await newRelease("to be fixed\n");
  expect((await run("two-datacenters", "prod", "dc1", "dc2")).exitCode).toBe(0);
  const file = join(team, "fixed.html");
  await writeFile(file, "fixed\n");
  const fixed = await run(
    "fix-one",
    "prod",
    "web2",
    file,
    "index.html",
    "--reload",
    "grep -q ^fixed index.html",
  );
  expect(fixed).toMatchObject({ exitCode: 0, output: expect.stringContaining("+fixed") });
  expect(await texts("app/current/index.html")).toEqual(["to be fixed\n", "fixed\n", "to be fixed\n"]);

  const bad = await run("fix-one", "prod", "web1", file, "index.html", "--reload", "false");
  expect(bad.exitCode).toBe(2);
  expect(await texts("app/current/index.html")).toEqual(["to be fixed\n", "fixed\n", "to be fixed\n"]);
  const many = await run("fix-one", "prod", "dc1", file, "index.html");
  expect(many).toMatchObject({ exitCode: 1, output: expect.stringContaining("for one host, not 2") });
});

test("two-datacenters: the second follows under the same name, and not at all when the first fails", async () => {
  await newRelease("three");
  const good = await run("two-datacenters", "prod", "dc1", "dc2");
  expect(good).toMatchObject({ exitCode: 0 });
  const [release, ...others] = await current();
  expect(others).toEqual([release, release]);

  await newRelease("four");
  await fleet.kill("web2");
  const bad = await run("two-datacenters", "prod", "dc1", "dc2");
  expect(bad.exitCode).toBe(4);
  expect(await current()).toEqual([release, release, release]);
});
