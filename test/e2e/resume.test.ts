// --resume: exactly the hosts the last run left out, to the same release.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import type { JsonOptions, JsonResult, Stage } from "./stage.ts";
import { startStage } from "./stage.ts";

setDefaultTimeout(180_000);

const hosts = ["web1", "web2", "web3", "web4"];
let stage: Stage;

/** A host is well unless it has a file `sick`, which is no part of any release. */
const VARS = {
  rookery_health: ['test ! -e "$ROOKERY_DEPLOY_TO/sick"'],
  rookery_health_retries: 0,
};

beforeAll(async () => {
  stage = await startStage({ hosts: hosts.length, vars: VARS });
});
afterAll(() => stage[Symbol.asyncDispose]());

const sicken = (host: string) => writeFile(stage.place(host, "sick"), "");
const heal = (host: string) => rm(stage.place(host, "sick"));
const current = () => Promise.all(hosts.map(stage.current));
const planned = ({ one }: JsonResult) => one("plan").hosts.map(({ host }) => host);
const outcome = ({ one }: JsonResult) => one("summary").outcome;
const resume = (words: readonly string[] = [], options?: JsonOptions) =>
  stage.json("deploy", ["--resume", ...words], options);

test("there must be something that is remembered", async () => {
  const { exitCode, stderr } = await stage.run("deploy", ["--resume"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no run of shop with");
  expect(stderr).toContain("→ deploy without --resume");
});

test("a failed host and those that were skipped are gone on with, and then there is nothing left", async () => {
  expect((await stage.run("deploy", ["-r", "one"])).exitCode).toBe(0);
  await stage.write({ "index.html": "two\n" });
  await sicken("web3");
  const first = await stage.json("deploy", ["-r", "two", "--serial", "1"]);
  expect(first.exitCode).toBe(2);
  expect(await current()).toEqual(["two", "two", "two", "one"]);
  await heal("web3");

  const second = await resume();
  expect(outcome(second)).toBe("shop is two on 2 of 2 hosts");
  expect(second.exitCode).toBe(0);
  expect(planned(second)).toEqual(["web3", "web4"]);
  expect(await current()).toEqual(["two", "two", "two", "two"]);

  const third = await resume();
  expect(third.exitCode).toBe(0);
  expect(outcome(third)).toMatch(/^nothing to resume: the run of 20.*, two, was ok on all 2 hosts$/);
  await stage.expectTidy();
});

test("Ctrl+C between batches leaves the rest to resume; another source is refused, and says how to go on", async () => {
  await stage.write({ "index.html": "three\n" });
  const cut = await stage.json("deploy", ["-r", "three", "--serial", "2", "--pause", "1h"], {
    onEvent: (event, pid) => {
      if (event.type === "batch" && event.state === "paused") process.kill(pid, "SIGINT");
    },
  });
  expect(cut.exitCode).toBe(130);
  expect(await current()).toEqual(["three", "three", "two", "two"]);

  await stage.write({ "index.html": "other\n" });
  const other = await resume();
  expect(other.exitCode).toBe(1);
  expect(outcome(other)).toContain("the source is not what the run of");
  expect(outcome(other)).toContain("without --resume");
  // That run, which got nowhere, is the last one now: it is refused all the same.
  expect(outcome(await resume())).toContain("the source is not what the run of");
  expect(await current()).toEqual(["three", "three", "two", "two"]);

  await stage.write({ "index.html": "three\n" });
  const rest = await resume();
  expect(planned(rest)).toEqual(["web3", "web4"]);
  expect(await current()).toEqual(["three", "three", "three", "three"]);
  await stage.expectTidy();
});

test("a control process that was killed: all its hosts are looked at again, to the same release", async () => {
  await stage.setVars({
    ...VARS,
    rookery_after_activate: ["test {{ inventory_hostname }} != web3 || sleep 600"],
  });
  await stage.write({ "index.html": "four\n" });
  const killed = await stage.json("deploy", ["--serial", "1"], {
    onEvent: (event, pid) => {
      if (event.type === "batch" && event.index === 3 && event.state === "running")
        process.kill(pid, "SIGKILL");
    },
  });
  expect(killed.exitCode).toBe(137);
  await stage.expectTidy({ killed: true, withinMs: 60_000 });
  const release = await stage.current("web1");
  expect(release).toMatch(/^20\d{12}$/);
  expect(await stage.current("web4")).toBe("three");

  await stage.setVars(VARS);
  const rest = await resume();
  expect(rest.exitCode).toBe(0);
  expect(planned(rest)).toEqual(hosts);
  expect(await current()).toEqual([release, release, release, release]);
  expect(rest.events.filter((event) => event.type === "batch" && event.state === "running")).toHaveLength(1);
});

test("after a rollback it is the rollback that would be gone on with", async () => {
  expect((await stage.run("rollback", ["three"])).exitCode).toBe(0);
  const { exitCode, stderr } = await stage.run("deploy", ["--resume"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("the last run was a rollback to three");
});

test("an unreachable host counts as lost in its batch and in the run, and is what is resumed", async () => {
  await stage.write({ "index.html": "five\n" });
  await stage.fleet.kill("web4");
  const words = ["-r", "five", "--serial", "2"];
  const none = await stage.json("deploy", words);
  expect(none.exitCode).toBe(4);
  expect(outcome(none)).toContain("nothing was switched: 1 of 4 hosts failed (web4)");
  // 1 of 2 is half of its batch, and a quarter of the run.
  const batch = await stage.json("deploy", [
    ...words,
    "--allow-failures",
    "1",
    "--max-fail-percentage",
    "40",
  ]);
  expect(outcome(batch)).toContain("batch 2 of 2 failed: 1 of its 2 hosts failed, more than 40 %");
  expect(await current()).toEqual(["five", "five", "three", "three"]);
  const rest = await stage.json("deploy", [...words, "--max-fail-percentage", "50"]);
  expect(rest.exitCode).toBe(4);
  expect(await current()).toEqual(["five", "five", "five", "three"]);
  const again = await resume();
  expect(again.exitCode).toBe(4);
  expect(planned(again)).toEqual(["web4"]);
});

test("a batch of dead hosts is passed over where the run may lose so many", async () => {
  await stage.write({ "index.html": "six\n" });
  await stage.fleet.kill("web3");
  const words = ["-r", "six", "--canary", "web3:web4", "--serial", "1", "--allow-failures"];
  expect(outcome(await stage.json("deploy", [...words, "1"]))).toContain(
    "nothing was switched: 2 of 4 hosts failed",
  );
  const { exitCode } = await stage.json("deploy", [...words, "2"]);
  expect(exitCode).toBe(4);
  expect(await current()).toEqual(["six", "six", "five", "three"]);
});
