// Who did what, when and how it ended: remembered here and on the hosts, and told again.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { HostEntry } from "../../lib/history/journals.ts";
import type { RunRecord } from "../../lib/history/types.ts";
import { parseExposition } from "../report/exposition.ts";
import { type Stage, startStage, textAt } from "./stage.ts";

setDefaultTimeout(120_000);

let stage: Stage;
let environment: string;
const by = () => `${stage.fleet.user}@${hostname()}`;

beforeAll(async () => {
  stage = await startStage();
  environment = stage.fleet.inventory;
});
afterEach(() => stage.expectTidy({ killed: true }));
afterAll(() => stage[Symbol.asyncDispose]());

/** What history.ts --json says, newest first. */
async function runs(...words: readonly string[]): Promise<RunRecord[]> {
  const { stdout, stderr, exitCode } = await stage.run("history", ["--json", ...words]);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return lines(stdout);
}

function lines<T>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

test("before anything was done there is nothing to tell", async () => {
  const { stdout, exitCode } = await stage.run("history");
  expect({ stdout, exitCode }).toEqual({ stdout: "no runs\n", exitCode: 0 });
  const { stdout: journal } = await stage.run("history", ["--from-hosts"]);
  expect(journal).toBe("no entries\n");
});

test("a deploy is remembered here, on each host, and in metrics", async () => {
  const metrics = join(stage.home, "rookery.prom");
  const { exitCode } = await stage.run("deploy", ["--release", "one", "--metrics", metrics]);
  expect(exitCode).toBe(0);
  const [run] = await runs();
  expect(run).toMatchObject({
    ...{ kind: "deploy", app: "shop", environment, pattern: "all", release: "one", owner: by() },
    ...{ source: stage.source, exitCode: 0, outcome: "shop is one on 3 of 3 hosts" },
    hosts: ["web1", "web2", "web3"].map((name) => ({ name, status: "ok" })),
  });
  const { stdout } = await stage.run("history", ["--from-hosts", "--json", "--host", "web2"]);
  const entries = lines<HostEntry & { type: string }>(stdout).filter(({ type }) => type === "journal");
  expect(entries.map(({ event, release }) => `${event} ${release ?? ""}`.trim())).toEqual([
    "locked",
    "installed one",
    "switched one",
    "deployed one",
  ]);
  for (const entry of entries)
    expect(entry).toMatchObject({
      ...{ host: "web2", outcome: "ok", app: "shop", by: by(), login: stage.fleet.user, from: "127.0.0.1" },
    });
  expect(run?.infohash).toMatch(/^[0-9a-f]{40}$/);
  expect(entries[1]).toMatchObject({ infohash: run?.infohash, tree: run?.tree });
  expect(run?.tree).toMatch(/^[0-9a-f]{64}$/);
  const samples = parseExposition(await readFile(metrics, "utf8"));
  expect(samples).toContainEqual({
    name: "rookery_deploy_hosts",
    labels: { app: "shop", environment, status: "ok" },
    value: 3,
  });
});

test("releases.ts says who put the current release there", async () => {
  const { stdout } = await stage.run("releases");
  expect(stdout).toMatch(new RegExp(`web1 +one +20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d by ${by()}`));
  const { events } = await stage.json("releases");
  expect(events).toContainEqual(
    expect.objectContaining({
      host: "web3",
      deployed: expect.objectContaining({ by: by(), release: "one" }),
    }),
  );
});

test("--check is nobody's history, and a failed deploy says on which host and why", async () => {
  const before = (await runs()).length;
  await stage.write({ "index.html": "two\n" });
  await stage.run("deploy", ["--check"]);
  expect(await runs()).toHaveLength(before);
  const secret = "s3cr3t-in-a-command";
  await stage.setVars({
    rookery_before_activate: [
      `{% if inventory_hostname == 'web2' %}: ${secret}; exit 3{% else %}true{% endif %}`,
    ],
  });
  const { exitCode } = await stage.run("deploy", ["--release", "two"]);
  await stage.setVars({});
  expect(exitCode).toBe(2);
  const [run] = await runs("--host", "web2");
  expect(run).toMatchObject({ exitCode: 2, release: "two" });
  expect(run?.hosts.find(({ name }) => name === "web2")).toMatchObject({
    status: "failed",
    error: "rookery_before_activate[0] ended with exit code 3",
  });
  const { stdout } = await stage.run("history", ["--host", "web2"]);
  expect(stdout).toContain("failed: rookery_before_activate[0] ended with exit code 3");
  const journal = await textAt(stage, "web2", ".rookery", "history.jsonl");
  expect(lines<HostEntry>(journal).at(-1)).toMatchObject({
    ...{ event: "command", outcome: "failed", release: "two", detail: "exit code 3" },
  });
  expect(journal).not.toContain(secret);
  const database = await readFile(join(stage.home, ".local", "state", "rookery", "history.db"), "latin1");
  expect(database).not.toContain(secret);
});

test("a rollback, and files without a release, are runs as well", async () => {
  expect((await stage.run("deploy", ["--release", "three"])).exitCode).toBe(0);
  expect((await stage.run("rollback", ["one"])).exitCode).toBe(0);
  const [back, deploy] = await runs();
  expect(back).toMatchObject({ kind: "rollback", release: "one", exitCode: 0, environment });
  expect(back?.infohash).toMatch(/^[0-9a-f]{40}$/);
  expect(deploy).toMatchObject({ kind: "deploy", release: "three" });
  const { stdout } = await stage.run("history", ["--from-hosts", "--host", "web1", "-n", "2"]);
  expect(stdout).toContain("switched     one");
  expect(stdout).toContain("rolled back  one");
  const file = join(stage.home, "model.bin");
  await writeFile(file, "bytes");
  const destination = `${stage.place("web1", "..")}/model/`;
  expect((await stage.run("distribute", ["web1", file, destination])).exitCode).toBe(0);
  const [given] = await runs("--app", "model.bin");
  expect(given).toMatchObject({
    kind: "distribute",
    pattern: "web1",
    source: file,
    hosts: [{ name: "web1" }],
  });
});

test("a run that is killed is seen as cut off, with the release it was to bring", async () => {
  await stage.write({ "index.html": "four\n" });
  const killed = await stage.json("deploy", ["--release", "four"], {
    onEvent: (event, pid) => {
      if (event.type === "phase" && event.phase === "activate") process.kill(pid, "SIGKILL");
    },
  });
  expect(killed.exitCode).toBe(137);
  const [run] = await runs();
  expect(run).toMatchObject({ release: "four", outcome: expect.stringMatching(/^cut off/) });
  expect(run).not.toHaveProperty("endedAt");
  expect(run?.hosts.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped"]);
  const { stdout } = await stage.run("history", ["-n", "1"]);
  expect(stdout).toContain("cut off");
});

test("a history that can't be written is a warning, and the deploy goes on", async () => {
  const state = join(stage.home, "damaged");
  await mkdir(join(state, "rookery"), { recursive: true });
  await writeFile(join(state, "rookery", "history.db"), "no database\n".repeat(1000));
  const env = { XDG_STATE_HOME: state };
  await stage.write({ "index.html": "five\n" });
  const { exitCode, stderr } = await stage.run("deploy", ["--release", "five", "--break-lock"], { env });
  expect(stderr).toContain(`warning: the history ${state}/rookery/history.db can't be used`);
  expect(stderr.split("can't be used")).toHaveLength(2);
  expect(exitCode).toBe(0);
  expect(await stage.current("web1")).toBe("five");
  const { exitCode: code, stderr: text } = await stage.run("history", [], { env });
  expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining("move it away") });
});

test("a host's journal that can't be written is told, and the deploy goes on", async () => {
  const journal = stage.place("web1", ".rookery", "history.jsonl");
  await rm(journal);
  await mkdir(join(journal, "in-the-way"), { recursive: true });
  await stage.write({ "index.html": "six\n" });
  const { exitCode, stderr } = await stage.run("deploy", ["--release", "six"]);
  await rm(journal, { recursive: true });
  expect(stderr).toMatch(/web1 \| .*can't write .*history\.jsonl/);
  expect(exitCode).toBe(0);
});

test("journals are merged by time, and their texts can't write on a terminal", async () => {
  const path = stage.place("web3", ".rookery", "history.jsonl");
  const entry = {
    at: "2020-01-01T00:00:00.000Z",
    event: "deployed",
    outcome: "ok",
    by: "\u001b[31mred",
    app: "shop",
  };
  await appendFile(path, `${JSON.stringify({ ...entry, release: "old" })}\n`);
  const { stdout } = await stage.run("history", ["--from-hosts", "-n", "1000"]);
  expect(stdout).not.toContain("\u001b");
  const [, first = ""] = stdout.split("\n");
  expect(first).toContain("2020-01-01 00:00:00  web3");
  expect(dirname(path)).toEndWith(".rookery");
});
