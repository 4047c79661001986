// One deploy of an app at a time: who holds the lock, what to do about one nobody holds any more.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { killAll } from "../support/processes.ts";
import { type Gated, gatedDeploy } from "./gated.ts";
import { type Stage, startStage, textAt } from "./stage.ts";

setDefaultTimeout(120_000);

const hosts = ["web1", "web2", "web3"];
let stage: Stage;
let owner: string;

beforeAll(async () => {
  stage = await startStage();
  owner = `${stage.fleet.user}@${hostname()}`;
});
afterEach(async () => {
  for (const { open, result } of gates.splice(0)) {
    await open();
    await result;
  }
  await stage.expectTidy();
});
afterAll(() => stage[Symbol.asyncDispose]());

const gated = (release: string, words: readonly string[] = []) => {
  const begun = gatedDeploy(stage, release, words);
  gates.push(begun);
  return begun;
};
const gates: Gated[] = [];

test("a second deploy while one runs names who holds the lock, on which host, and changes nothing", async () => {
  const first = gated("one");
  const pid = await first.waiting;
  const second = await stage.run("deploy", ["-r", "two"]);
  expect(second.stdout).toContain(`locked by ${owner} (pid ${pid}) for ${stage.fleet.inventory} since`);
  expect(second.stdout).toContain("web1");
  expect(second.stdout).toContain("that deploy still runs");
  expect(second.exitCode).toBe(1);
  const shown = await stage.run("releases");
  const environment = stage.fleet.inventory;
  const lease = `locked by ${owner} for ${environment} since \\S+, until \\S+ unless renewed$`;
  expect(shown.stdout).toMatch(new RegExp(`web1 .*${lease}`, "m"));
  const checked = await stage.run("deploy", ["--check", "-r", "two"]);
  expect(checked.stdout).toContain(`web1: locked by ${owner} for`);
  const back = await stage.run("rollback", ["one"]);
  expect(back.exitCode).not.toBe(0);

  await first.open();
  expect((await first.result).exitCode).toBe(0);
  for (const host of hosts) expect(await stage.current(host)).toBe("one");
});

test("of two deploys started at once exactly one goes through", async () => {
  await stage.write({ "index.html": "two\n" });
  const contenders = [gated("two-a"), gated("two-b")];
  // Whoever got all locks waits at the gate; the other one is through at once.
  const loser = await Promise.race(contenders.map(({ result }) => result));
  expect(loser.exitCode).toBe(1);
  expect(loser.one("summary").outcome).toContain(`locked by ${owner}`);
  await Promise.all(contenders.map(({ open }) => open()));
  const results = await Promise.all(contenders.map(({ result }) => result));
  expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
  const winner = results.find(({ exitCode }) => exitCode === 0)?.one("summary").release;
  for (const host of hosts) expect(await stage.current(host)).toBe(winner);
});

test("a lock whose peer was killed is called stale, and the next deploy takes it over and says so", async () => {
  await stage.write({ "index.html": "three\n" });
  const first = gated("three");
  await first.waiting;
  killAll(stage.peers("web2").map(({ pid }) => pid));
  await first.open();
  const killed = await first.result;
  expect(killed.host("web2")).toMatchObject({
    status: "failed",
    error: expect.stringContaining("its peer was killed"),
  });
  expect(killed.exitCode).toBe(2);

  const why =
    /web2 .*locked by .* \(stale: its peer no longer runs there, last heartbeat .* ago; the next deploy takes it over\)$/m;
  expect((await stage.run("releases")).stdout).toMatch(why);
  expect((await stage.run("deploy", ["-r", "three", "--check"])).stdout).toMatch(
    /stale:\s+its peer no longer runs/,
  );

  const second = await stage.run("deploy", ["-r", "three"]);
  expect(second.stderr).toMatch(
    new RegExp(`web2: took over the lock of ${owner} .*its peer no longer runs there`),
  );
  expect(second.exitCode).toBe(0);
  for (const host of hosts) expect(await stage.current(host)).toBe("three");
});

test("a lock is renewed for as long as its deploy is heard; a peer that hung for too long loses it for good", async () => {
  await stage.write({ "index.html": "hung\n" });
  const first = gated("hung");
  await first.waiting;
  const lock = stage.place("web2", ".rookery/lock");
  const takenMs = (await stat(lock)).mtimeMs;
  // Peers renew it with each ping of the control host.
  for (const deadlineMs = Date.now() + 45_000; (await stat(lock)).mtimeMs === takenMs; await wait(100))
    if (Date.now() > deadlineMs) throw new Error("the lock was not renewed");

  const [peer] = stage.peers("web2");
  if (peer === undefined) throw new Error("no peer runs on web2");
  process.kill(peer.pid, "SIGSTOP");
  try {
    // As if it had been asleep for ten minutes, and with heartbeats in quicker succession, which ends the watch sooner.
    const record = JSON.parse(await readFile(lock, "utf8"));
    await writeFile(lock, JSON.stringify({ ...record, heartbeatMs: 200 }));
    const then = new Date(Date.now() - 600_000);
    await utimes(lock, then, then);
    const shown = (await stage.run("releases")).stdout;
    expect(shown).toMatch(
      /web2 .*\(stale: expired: its peer hangs, last heartbeat .*, 10 min ago; the next deploy/,
    );

    await stage.write({ "index.html": "awake\n" });
    const second = await stage.json("deploy", ["-l", "web2", "-r", "awake"]);
    expect(second.exitCode).toBe(0);
    expect(JSON.stringify(second.events)).toContain(`took over the lock of ${owner} (pid`);
  } finally {
    process.kill(peer.pid, "SIGCONT");
  }
  await first.open();
  const { exitCode, host } = await first.result;
  expect(exitCode).toBe(2);
  expect(host("web2").error).toContain("lock");
  expect(await stage.current("web2")).toBe("awake");
});

test("a deploy whose lock was broken does not switch what somebody else deploys", async () => {
  await stage.write({ "index.html": "four\n" });
  const first = gated("four");
  await first.waiting;
  await stage.write({ "index.html": "five\n" });
  const second = await stage.json("deploy", ["-r", "five", "--break-lock"]);
  expect(second.exitCode).toBe(0);
  await first.open();
  const { exitCode, host } = await first.result;
  expect(exitCode).toBe(2);
  for (const name of hosts) {
    expect(host(name).error).toContain("lock");
    expect(await stage.current(name)).toBe("five");
  }
});

test("when the control script is killed with -9 while commands run, they end, and the locks are free", async () => {
  await stage.write({ "index.html": "killed\n" });
  const first = gated("killed");
  process.kill(await first.waiting, "SIGKILL");
  expect((await first.result).exitCode).toBe(128 + 9);
  await stage.expectTidy({ killed: true });
  for (const name of await readdir(stage.temporary))
    await rm(join(stage.temporary, name), { recursive: true });
  for (const host of hosts) expect(await stage.current(host)).toBe("five");
});

test("a damaged lock file says what to do", async () => {
  await mkdir(stage.place("web1", ".rookery"), { recursive: true });
  await writeFile(stage.place("web1", ".rookery/lock"), "not json\n");
  await stage.write({ "index.html": "six\n" });
  const { exitCode, stdout } = await stage.run("deploy", ["-r", "six"]);
  expect(stdout).toContain("damaged");
  expect(exitCode).not.toBe(0);
  expect((await stage.run("deploy", ["-r", "six", "--break-lock"])).exitCode).toBe(0);
  expect(await textAt(stage, "web1", "current/index.html")).toBe("six\n");
});
