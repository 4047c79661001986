// The life of an app on three hosts: deployed, deployed again, changed, pruned, rolled back.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { readTree } from "./digest.ts";
import { type Stage, startStage, textAt } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
const hosts = ["web1", "web2", "web3"];
const eachHost = <T>(look: (host: string) => T | Promise<T>) => Promise.all(hosts.map(look));
const same = <T>(value: T) => hosts.map(() => value);

beforeAll(async () => {
  stage = await startStage({ vars: { rookery_keep_releases: 3 } });
});
afterEach(() => stage.expectTidy());
afterAll(() => stage[Symbol.asyncDispose]());

let first: string | undefined;
let infohash: string;

test("a first deploy brings the source to every host and switches to it", async () => {
  const { exitCode, stdout, stderr } = await stage.run("deploy");
  expect(stderr).toContain("distribute done");
  expect(stdout).toContain("on 3 of 3 hosts");
  expect(exitCode).toBe(0);
  expect(await eachHost((host) => textAt(stage, host, "current", "index.html"))).toEqual(same("one\n"));
  first = await stage.current("web1");
  expect(first).toMatch(/^20\d{12}$/);
  expect(await eachHost(stage.current)).toEqual(same(first));
  infohash = /infohash ([0-9a-f]{40})/.exec(stdout)?.[1] ?? "";
  // A source without a version of its own is known by its release's name; the log's line is Capistrano's.
  expect(await textAt(stage, "web1", "current", "REVISION")).toBe(`${first}\n`);
  const by = `${stage.fleet.user}@${hostname()}`;
  expect(await textAt(stage, "web1", "revisions.log")).toBe(
    `Torrent ${infohash} deployed as release ${first} by ${by}\n`,
  );
});

test("deploying the same again says so and does nothing", async () => {
  const before = hosts.map((host) => readTree(stage.place(host), { untouched: true }));
  const { exitCode, stdout } = await stage.run("deploy");
  expect(stdout).toContain(`${first} runs already on 3 of 3 hosts: nothing to do`);
  expect(exitCode).toBe(0);
  expect(hosts.map((host) => readTree(stage.place(host), { untouched: true }))).toEqual(before);
});

test("a changed source becomes a new release, and the old one stays", async () => {
  await stage.write({ "index.html": "two\n" });
  const { exitCode } = await stage.run("deploy", ["--release", "two"]);
  expect(exitCode).toBe(0);
  expect(await eachHost(stage.current)).toEqual(same("two"));
  expect(await eachHost(stage.releases)).toEqual(same([first as string, "two"]));
  expect(await eachHost((host) => textAt(stage, host, "current", "index.html"))).toEqual(same("two\n"));
});

test("the same source under another name is another release", async () => {
  const { exitCode } = await stage.run("deploy", ["--release", "two-again"]);
  expect(exitCode).toBe(0);
  expect(await eachHost(stage.current)).toEqual(same("two-again"));
});

test("a name that is taken by other bytes is refused, and nothing is switched", async () => {
  await stage.write({ "index.html": "three\n" });
  const { exitCode, stdout } = await stage.run("deploy", ["--release", "two"]);
  expect(stdout).toContain("is there already: a release with other content");
  expect(stdout).toContain("choose another id with --release");
  expect(exitCode).toBe(2);
  expect(await eachHost(stage.current)).toEqual(same("two-again"));
});

test("a source that says what it is keeps its REVISION", async () => {
  await stage.write({ REVISION: "v3.0.0\n" });
  expect((await stage.run("deploy", ["-r", "three"])).exitCode).toBe(0);
  expect(await textAt(stage, "web2", "current", "REVISION")).toBe("v3.0.0\n");
  expect(await textAt(stage, "web2", "revisions.log")).toContain("(at v3.0.0) deployed as release three by");
});

test("releases beyond rookery_keep_releases go, oldest first", async () => {
  expect(await eachHost(stage.releases)).toEqual(same(["three", "two", "two-again"]));
});

test("releases.ts shows what each host runs and holds", async () => {
  const { exitCode, stdout } = await stage.run("releases");
  expect(exitCode).toBe(0);
  for (const host of hosts) expect(stdout).toMatch(new RegExp(`^${host} +three +.*two-again, two`, "m"));
  const { events } = await stage.json("releases");
  const told = events.filter((event) => event.type === "releases");
  expect(told.map(({ host, current }) => [host, current])).toEqual(hosts.map((host) => [host, "three"]));
});

test("a rollback goes to the release before, on every host, and says so in revisions.log", async () => {
  const { exitCode, stdout } = await stage.run("rollback");
  expect(stdout).toContain("shop is back at two-again on 3 of 3 hosts");
  expect(exitCode).toBe(0);
  expect(await eachHost(stage.current)).toEqual(same("two-again"));
  const log = await textAt(stage, "web3", "revisions.log");
  expect(log.trimEnd().split("\n").at(-1)).toMatch(/ rolled back to release two-again$/);
  // What was rolled back from is there still, to be looked at.
  expect(await stage.releases("web1")).toContain("three");
});

test("a rollback to a named release goes there, and a second one has nothing to do", async () => {
  expect((await stage.run("rollback", ["two"])).exitCode).toBe(0);
  expect(await eachHost(stage.current)).toEqual(same("two"));
  const again = await stage.run("rollback", ["two"]);
  expect(again.stdout).toContain("two runs already on 3 of 3 hosts: nothing to do");
  expect(again.exitCode).toBe(0);
});

test("rollback --check names the release and changes nothing", async () => {
  const before = hosts.map((host) => readTree(stage.fleet.home(host), { untouched: true }));
  const { exitCode, stdout } = await stage.run("rollback", ["three", "--check"]);
  expect(stdout).toContain("3 hosts would go back to three");
  expect(exitCode).toBe(0);
  expect(await eachHost(stage.current)).toEqual(same("two"));
  expect(hosts.map((host) => readTree(stage.fleet.home(host), { untouched: true }))).toEqual(before);
});

test("a rollback to what no host holds names what they hold", async () => {
  const { exitCode, stdout } = await stage.run("rollback", ["nine"]);
  expect(stdout).toContain("no host holds release nine");
  expect(stdout).toContain("three, two-again");
  expect(exitCode).toBe(1);
});

test("a host that lacks the release gets it from those that hold it", async () => {
  expect((await stage.run("deploy", ["-r", "four", "--limit", "web1,web2"])).exitCode).toBe(0);
  expect((await stage.run("deploy", ["-r", "five"])).exitCode).toBe(0);
  expect((await stage.run("rollback", ["four"])).exitCode).toBe(0);
  expect(await eachHost(stage.current)).toEqual(same("four"));
  expect((await stage.run("rollback", ["five"])).exitCode).toBe(0);
});

test("releases of another tool are recognised, kept by the same rules and gone back to", async () => {
  const place = stage.place("web1").replace(/shop$/, "old");
  for (const id of ["20240101000000", "20240202000000"]) {
    await mkdir(`${place}/releases/${id}`, { recursive: true });
    await writeFile(`${place}/releases/${id}/index.html`, `${id}\n`);
    await writeFile(`${place}/releases/${id}/REVISION`, "abc\n");
  }
  await Bun.$`ln -s ${place}/releases/20240202000000 ${place}/current`;
  const words = ["--limit", "web1", "-e", `rookery_deploy_to=${place}`];
  expect((await stage.run("deploy", words)).exitCode).toBe(0);
  expect((await readdir(`${place}/releases`)).filter((name) => !name.startsWith("."))).toHaveLength(3);
  expect((await stage.run("rollback", words)).exitCode).toBe(0);
  expect(await readlink(`${place}/current`)).toEndWith("releases/20240202000000");
});
