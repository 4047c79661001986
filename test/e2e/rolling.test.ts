// Rolling activation on real hosts: batch by batch, what may fail, and what is done when more does.
import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { rm } from "node:fs/promises";
import type { Event } from "./events.ts";
import { type JsonResult, type Stage, startStage, textAt } from "./stage.ts";

setDefaultTimeout(120_000);

const hosts = ["web1", "web2", "web3", "web4", "web5"];
let stage: Stage;
let releases = 0;

/** A host is well unless its name is in the release's file `sick`. */
const HEALTH = "! grep -qx {{ inventory_hostname }} sick";
const QUICK = { rookery_health_retries: 1, rookery_health_delay: "50ms" };
/** Appends to `trace` beside the releases. */
const trace = 'echo "$ROOKERY_RELEASE" >> "$ROOKERY_DEPLOY_TO/trace"';
const VARS = { rookery_health: [HEALTH], rookery_after_activate: [trace], ...QUICK };

beforeAll(async () => {
  stage = await startStage({ hosts: hosts.length, vars: VARS, files: { sick: "\n" } });
});
beforeEach(async () => {
  // Everything well, everywhere the same: what each test begins with.
  releases += 1;
  await stage.setVars(VARS);
  await stage.write({ sick: "\n", "index.html": `${releases}\n` });
  const { exitCode, stdout } = await stage.run("deploy", ["-r", `old-${releases}`]);
  expect([exitCode, exitCode === 0 ? "" : stdout]).toEqual([0, ""]);
});
afterEach(() => stage.expectTidy());
afterAll(() => stage[Symbol.asyncDispose]());

const old = () => `old-${releases}`;

/** Deploys a new release on which `sick` hosts are not well. */
async function deploy(sick: readonly string[], words: readonly string[]): Promise<JsonResult> {
  await stage.write({ sick: `${sick.join("\n")}\n`, "index.html": `new ${releases}\n` });
  return await stage.json("deploy", ["-r", `new-${releases}`, ...words]);
}
const current = async () => (await Promise.all(hosts.map(stage.current))).map((id) => id?.split("-")[0]);
const statuses = ({ events }: JsonResult) =>
  hosts
    .map((name) => events.findLast((event) => event.type === "host" && event.host === name))
    .map((event) => event?.type === "host" && event.status);
const steps = ({ events }: JsonResult) =>
  events.flatMap((event: Event) =>
    event.type === "batch" && event.state !== "waiting" ? [`${event.index} ${event.state}`] : [],
  );
const row = ({ events }: JsonResult, name: string) => {
  const found = events.findLast((event) => event.type === "host" && event.host === name);
  if (found?.type !== "host") throw new Error(`no row of ${name}`);
  return found;
};

test("batches follow each other, each when the one before is well", async () => {
  const result = await deploy([], ["--serial", "1,2"]);
  expect(result.exitCode).toBe(0);
  expect(await current()).toEqual(["new", "new", "new", "new", "new"]);
  const told = result.events.filter((event) => event.type === "batch");
  expect(
    told.filter(({ state }) => state === "waiting").map(({ index, of, hosts: names }) => [index, of, names]),
  ).toEqual([
    [1, 3, ["web1"]],
    [2, 3, ["web2", "web3"]],
    [3, 3, ["web4", "web5"]],
  ]);
  expect(steps(result)).toEqual(["1 running", "1 done", "2 running", "2 done", "3 running", "3 done"]);
});

test("stop: hosts of later batches keep the old release, the batch's good ones the new", async () => {
  const result = await deploy(["web3"], ["--serial", "2"]);
  expect(result.exitCode).toBe(2);
  expect(statuses(result)).toEqual(["ok", "ok", "failed", "ok", "skipped"]);
  expect(await current()).toEqual(["new", "new", "new", "new", "old"]);
  expect(row(result, "web3")).toMatchObject({
    error: "rookery_health[0] is not well: exit code 1, tried 2 times",
    hint: expect.stringContaining("its current is switched already"),
  });
  expect(result.one("summary").outcome).toContain(
    `batch 2 of 3 failed: 1 of all 5 hosts failed, none may; 3 hosts run new-${releases}, 1 switched to it, but not well, 1 left as before`,
  );
  expect(result.one("summary").outcome).toContain("--resume");
});

test("rollback: the batch that failed goes back, its commands run there again, and its rows say so", async () => {
  const result = await deploy(["web3"], ["--serial", "2", "--on-failure", "rollback"]);
  expect(result.exitCode).toBe(2);
  expect(statuses(result)).toEqual(["ok", "ok", "failed", "skipped", "skipped"]);
  expect(await current()).toEqual(["new", "new", "old", "old", "old"]);
  expect(row(result, "web3").error).toBe(
    `rookery_health[0] is not well: exit code 1, tried 2 times; went back to ${old()}`,
  );
  expect(row(result, "web3").hint).not.toContain("switched already");
  expect(row(result, "web4").error).toBe(`went back to ${old()}, with its batch`);
  for (const name of ["web3", "web4"]) {
    const lines = (await textAt(stage, name, "trace")).trimEnd().split("\n");
    expect(lines.slice(-2)).toEqual([`new-${releases}`, old()]);
    const log = (await textAt(stage, name, "revisions.log")).trimEnd().split("\n");
    expect(log.at(-1)).toEndWith(`rolled back to release ${old()}`);
  }
  const journal = (await textAt(stage, "web3", ".rookery", "history.jsonl")).trimEnd().split("\n");
  const noted = journal.map((line) => JSON.parse(line)).slice(-4);
  expect(noted.map(({ event, release, detail }) => [event, release, detail])).toEqual([
    ["switched", `new-${releases}`, undefined],
    ["health", `new-${releases}`, "exit code 1"],
    ["switched back", old(), undefined],
    ["rolled back", old(), undefined],
  ]);
  expect((await textAt(stage, "web5", "trace")).trimEnd().split("\n").at(-1)).toBe(old());
  expect(steps(result)).toEqual([
    ...["1 running", "1 done", "2 running", "2 failed", "2 rolling-back", "2 rolled-back"],
  ]);
  expect(result.one("summary").outcome).toContain(
    `2 hosts run new-${releases}, 2 went back, 1 left as before`,
  );
});

test("rollback-all: batches that were through go back as well, the newest first", async () => {
  const result = await deploy(["web5"], ["--serial", "2", "--on-failure", "rollback-all"]);
  expect(result.exitCode).toBe(2);
  expect(statuses(result)).toEqual(["skipped", "skipped", "skipped", "skipped", "failed"]);
  expect(await current()).toEqual(["old", "old", "old", "old", "old"]);
  expect(row(result, "web1").error).toBe(`went back to ${old()}, for batch 3 failed`);
  expect(steps(result).slice(-6)).toEqual([
    ...[
      "3 rolling-back",
      "3 rolled-back",
      "2 rolling-back",
      "2 rolled-back",
      "1 rolling-back",
      "1 rolled-back",
    ],
  ]);
  expect(result.one("summary")).toMatchObject({ ok: 0, failed: 1, skipped: 4 });
});

test("continue: the others are switched all the same", async () => {
  const result = await deploy(["web1", "web2"], ["--serial", "2", "--on-failure", "continue"]);
  expect(result.exitCode).toBe(2);
  expect(statuses(result)).toEqual(["failed", "failed", "ok", "ok", "ok"]);
  expect(await current()).toEqual(["new", "new", "new", "new", "new"]);
  expect(result.one("summary").outcome).toContain("on 3 of 5 hosts");
});

test("a batch may lose as much as --max-fail-percentage says, and not more", async () => {
  // 1 of 2 is not more than 50 %, and 2 of 5 are 40 % of the run.
  const enough = await deploy(["web1", "web3"], ["--serial", "2", "--max-fail-percentage", "50"]);
  expect(statuses(enough)).toEqual(["failed", "ok", "failed", "ok", "ok"]);
  expect(enough.exitCode).toBe(2);
  await stage.write({ sick: "\n" });
  expect((await stage.run("deploy", ["-r", `mended-${releases}`])).exitCode).toBe(0);
  await stage.write({ sick: "web1\n" });
  const few = await stage.json("deploy", [
    "-r",
    `few-${releases}`,
    "--serial",
    "2",
    "--max-fail-percentage",
    "49",
  ]);
  expect(statuses(few)).toEqual(["failed", "ok", "skipped", "skipped", "skipped"]);
  expect(few.one("summary").outcome).toContain(
    "batch 1 of 3 failed: 1 of its 2 hosts failed, more than 49 %",
  );
});

test("a whole batch may be lost where the run may lose so many", async () => {
  const result = await deploy(["web1", "web2"], ["--serial", "2", "--allow-failures", "40%"]);
  expect(statuses(result)).toEqual(["failed", "failed", "ok", "ok", "ok"]);
});

test("a canary is a batch of its own, before the others", async () => {
  await stage.setVars({ ...VARS, rookery_serial: "50%" });
  const result = await deploy(["web4"], ["--canary", "web4", "--on-failure", "rollback"]);
  expect(statuses(result)).toEqual(["skipped", "skipped", "skipped", "failed", "skipped"]);
  expect(await current()).toEqual(["old", "old", "old", "old", "old"]);
  const batches = result.events.filter((event) => event.type === "batch" && event.state === "waiting");
  expect(batches.map((event) => event.type === "batch" && event.hosts)).toEqual([
    ["web4"],
    ["web1", "web2"],
    ["web3", "web5"],
  ]);
});

test("--pause waits between batches, and Ctrl+C ends it there", async () => {
  let paused = 0;
  await stage.write({ "index.html": "paused\n" });
  const short = await stage.json("deploy", ["-r", `short-${releases}`, "--serial", "3", "--pause", "50ms"], {
    onEvent: (event) => {
      if (event.type === "batch" && event.state === "paused") paused += 1;
    },
  });
  expect([short.exitCode, paused]).toEqual([0, 1]);
  const long = await stage.json("deploy", ["-r", `long-${releases}`, "--serial", "3", "--pause", "1h"], {
    onEvent: (event, pid) => {
      if (event.type === "batch" && event.state === "paused") process.kill(pid, "SIGINT");
    },
  });
  expect(long.exitCode).toBe(130);
  expect(long.one("summary").outcome).toContain(
    `interrupted: 3 hosts run long-${releases}, 2 left as before`,
  );
  expect(await current()).toEqual(["long", "long", "long", "short", "short"]);
});

test("a first release that is not well leaves no current behind", async () => {
  const fresh = { ...VARS, rookery_deploy_to: stage.place("{{ inventory_hostname }}", `fresh-${releases}`) };
  await stage.setVars(fresh);
  await stage.write({ sick: "web1\n" });
  const result = await stage.json("deploy", ["-l", "web1", "-r", "first", "--on-failure", "rollback"]);
  expect(row(result, "web1").error).toContain("its current was removed, for there was none before");
  expect(await Bun.file(stage.place("web1", `fresh-${releases}`, "current", "index.html")).exists()).toBe(
    false,
  );
});

test("a rollback goes in batches as well, and stops where a host isn't well", async () => {
  expect((await deploy([], [])).exitCode).toBe(0);
  // Only this host is unwell at the release that is gone back to.
  const health = [
    'test {{ inventory_hostname }} != web3 || test "$ROOKERY_RELEASE" != OLD'.replace("OLD", old()),
  ];
  await stage.setVars({ ...VARS, rookery_health: health, rookery_serial: [1, 2] });
  const result = await stage.json("rollback", [old()]);
  expect(result.exitCode).toBe(2);
  expect(statuses(result)).toEqual(["ok", "ok", "failed", "skipped", "skipped"]);
  expect(await current()).toEqual(["old", "old", "old", "new", "new"]);
  expect(result.one("summary").outcome).toContain("mend what failed and run the same again");
});

test("--check says which hosts would be switched together", async () => {
  await stage.write({ "index.html": "checked\n" });
  const { events, exitCode } = await stage.json("deploy", ["--check", "--serial", "2", "--canary", "web3"]);
  const notes = events.flatMap((event) => (event.type === "note" ? event.message : []));
  expect(notes).toContain("in 3 batches: web3; web1 web2; web4 web5");
  expect(exitCode).toBe(0);
});

test("a host that dies in its batch can't go back, and says so; the others of the batch do", async () => {
  // The last test: this host doesn't come back.
  await stage.setVars({
    ...VARS,
    rookery_after_activate: ["echo switched; test {{ inventory_hostname }} != web3 || sleep 600"],
  });
  await stage.write({ "index.html": "dies\n" });
  const result = await stage.json(
    "deploy",
    ["-r", `new-${releases}`, "--serial", "2", "--on-failure", "rollback"],
    {
      onEvent: (event) => {
        if (event.type === "output" && event.host === "web3" && event.text.includes("switched"))
          void stage.fleet.kill("web3");
      },
    },
  );
  expect(result.exitCode).toBe(4);
  expect(statuses(result)).toEqual(["ok", "ok", "unreachable", "skipped", "skipped"]);
  expect(row(result, "web3")).toMatchObject({
    error: expect.stringMatching(/; it could not go back$/),
    hint: expect.stringContaining("its current is switched already"),
  });
  expect(await current()).toEqual(["new", "new", "new", "old", "old"]);
  // A host without power frees no lock.
  await rm(stage.place("web3", ".rookery", "lock"));
});
