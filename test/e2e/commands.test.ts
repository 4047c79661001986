// What belongs to a release beside its files: shared paths, and commands before and after the switch.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { lstat, mkdir, readlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Stage, startStage, textAt } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
const hosts = ["web1", "web2", "web3"];

beforeAll(async () => {
  stage = await startStage({ files: { "index.html": "one\n", "log/old.log": "from the source\n" } });
});
afterEach(() => stage.expectTidy());
afterAll(() => stage[Symbol.asyncDispose]());

/** Appends to `trace` beside the releases, so that order and place of all commands can be read afterwards. */
const trace = (text: string) => `echo "${text}" >> "$ROOKERY_DEPLOY_TO/trace"`;
const traceOf = async (host: string) => (await textAt(stage, host, "trace")).trimEnd().split("\n");

test("a missing shared file is named before anything is switched", async () => {
  await stage.setVars({
    rookery_shared_paths: ["log", "public/uploads"],
    rookery_shared_files: ["config/app.env"],
  });
  const { exitCode, stdout } = await stage.run("deploy", ["-r", "one"]);
  expect(stdout).toContain(`the shared file ${stage.place("web1", "shared/config/app.env")} is missing`);
  expect(stdout).toContain("put it there");
  expect(exitCode).toBe(2);
  for (const host of hosts)
    expect([await stage.current(host), await stage.releases(host)]).toEqual([undefined, []]);
});

test("shared paths and files are links to shared/, whatever the source has there", async () => {
  for (const host of hosts) {
    const file = stage.place(host, "shared/config/app.env");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `HOST=${host}\n`);
  }
  const { exitCode } = await stage.run("deploy", ["-r", "one"]);
  expect(exitCode).toBe(0);
  for (const host of hosts) {
    expect(await textAt(stage, host, "current/config/app.env")).toBe(`HOST=${host}\n`);
    for (const path of ["log", "public/uploads", "config/app.env"])
      expect(await readlink(stage.place(host, "releases/one", path))).toBe(stage.place(host, "shared", path));
    await writeFile(stage.place(host, "current/log/app.log"), "kept\n");
  }
  await stage.write({ "index.html": "two\n" });
  expect((await stage.run("deploy", ["-r", "two"])).exitCode).toBe(0);
  for (const host of hosts) expect(await textAt(stage, host, "current/log/app.log")).toBe("kept\n");
  expect((await lstat(stage.place("web1", "shared/log"))).isDirectory()).toBe(true);
});

test("commands run in the release, in order, before and after the switch; what they print is shown", async () => {
  await stage.setVars({
    rookery_before_activate: [
      trace("before 1 $PWD $(readlink ../../current)"),
      `echo "hello from {{ inventory_hostname }}"; echo "a warning" >&2`,
      trace("before 2 $ROOKERY_RELEASE"),
    ],
    rookery_after_activate: [
      trace("after $(readlink ../../current) $ROOKERY_RELEASE_PATH $ROOKERY_CURRENT"),
      "cat",
    ],
  });
  await stage.write({ "index.html": "three\n" });
  const { exitCode, stderr } = await stage.run("deploy", ["-r", "three"]);
  expect(exitCode).toBe(0);
  for (const host of hosts) {
    const release = stage.place(host, "releases/three");
    expect(await traceOf(host)).toEqual([
      `before 1 ${release} releases/two`,
      "before 2 three",
      `after releases/three ${release} ${stage.place(host, "current")}`,
    ]);
    expect(stderr).toContain(`${host} | hello from ${host}`);
    expect(stderr).toContain(`${host} | a warning`);
  }
});

test("a before-activate command that fails on one host keeps all hosts where they are", async () => {
  await stage.setVars({
    rookery_before_activate: [
      "true",
      "echo checking; test {{ inventory_hostname }} != web2 || { echo broken >&2; exit 7; }",
    ],
    rookery_after_activate: [trace("never")],
  });
  await stage.write({ "index.html": "four\n" });
  const { exitCode, host, events, one } = await stage.json("deploy", ["-r", "four"]);
  expect(host("web2")).toMatchObject({
    status: "failed",
    error: "rookery_before_activate[1] ended with exit code 7",
  });
  expect(host("web2").hint).toContain("current was not switched");
  expect(host("web1").status).toBe("skipped");
  const said = events.filter((event) => event.type === "output" && event.host === "web2");
  expect(said.map((event) => event.type === "output" && event.text).join("")).toContain("broken");
  expect(one("summary")).toMatchObject({ ok: 0, failed: 1, skipped: 2, exitCode: 2 });
  expect(one("summary").outcome).toContain("nothing was switched: 1 of 3 hosts failed (web2)");
  expect(exitCode).toBe(2);
  for (const name of hosts) expect(await stage.current(name)).toBe("three");
  expect((await traceOf("web1")).at(-1)).not.toBe("never");
});

test("with --allow-failures the others are switched, and the exit code still says that one failed", async () => {
  const { exitCode, host } = await stage.json("deploy", ["-r", "four", "--allow-failures", "34%"]);
  expect(hosts.map((name) => host(name).status)).toEqual(["ok", "failed", "ok"]);
  expect(exitCode).toBe(2);
  expect(await Promise.all(hosts.map(stage.current))).toEqual(["four", "three", "four"]);
});

test("an after-activate command that fails makes its host a failed row; the release is current and not yet good", async () => {
  await stage.setVars({ rookery_after_activate: ["exit 3"] });
  await stage.write({ "index.html": "five\n" });
  const { exitCode, host } = await stage.json("deploy", ["-r", "five"]);
  expect(host("web1")).toMatchObject({
    status: "failed",
    error: "rookery_after_activate[0] ended with exit code 3",
  });
  expect(host("web1").hint).toContain("rollback.ts");
  expect(exitCode).toBe(2);
  for (const name of hosts) expect(await stage.current(name)).toBe("five");
  // Deploying it again, once the command is mended, doesn't send it again, but runs the commands.
  await stage.setVars({ rookery_after_activate: [trace("mended")] });
  const again = await stage.json("deploy", ["-r", "five"]);
  expect(again.exitCode).toBe(0);
  expect(again.one("summary")).toMatchObject({ ok: 3, release: "five" });
  for (const name of hosts) expect((await traceOf(name)).at(-1)).toBe("mended");
});

test("a rollback runs after-activate commands too", async () => {
  await stage.setVars({ rookery_after_activate: [trace("back to $ROOKERY_RELEASE")] });
  const { exitCode } = await stage.run("rollback", ["three"]);
  expect(exitCode).toBe(0);
  for (const name of hosts) expect((await traceOf(name)).at(-1)).toBe("back to three");
});
