// --lock-wait: a deploy behind another one, and many that want some of the same hosts at once.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Event } from "./events.ts";
import { type Gated, gatedDeploy } from "./gated.ts";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(120_000);

const hosts = ["web1", "web2", "web3"];
let stage: Stage;
const gates: Gated[] = [];

beforeAll(async () => {
  stage = await startStage();
});
afterEach(async () => {
  for (const { open, result } of gates.splice(0)) {
    await open();
    await result;
  }
  await stage.expectTidy();
});
afterAll(() => stage[Symbol.asyncDispose]());

function gated(release: string, words: readonly string[] = []): Gated {
  const begun = gatedDeploy(stage, release, words);
  gates.push(begun);
  return begun;
}

const waits = (event: Event) => event.type === "note" && event.message.startsWith("waiting for the lock");

/** A script that waits behind whoever holds the lock; `waiting` settles once it said so. */
function behind(script: string, words: readonly string[], signal?: AbortSignal) {
  const waiting = Promise.withResolvers<void>();
  const result = stage.json(script, words, {
    onEvent: (event) => {
      if (waits(event)) waiting.resolve();
    },
    ...(signal === undefined ? {} : { signal }),
  });
  result.then(({ stdout }) => waiting.reject(new Error(stdout)), waiting.reject);
  waiting.promise.catch(() => undefined);
  return { waiting: waiting.promise, result };
}

test("a deploy waits for another, says once for whom, and then does all of its work on what it finds", async () => {
  await stage.write({ "index.html": "old\n" });
  expect((await stage.run("deploy", ["-r", "old"])).exitCode).toBe(0);
  await stage.write({ "index.html": "new\n" });
  const first = gated("new");
  const pid = await first.waiting;
  // These hosts run `old` now, and won't when this one's turn comes.
  await stage.write({ "index.html": "old\n" });
  const second = behind("deploy", ["-r", "old", "--lock-wait", "1m"]);
  await second.waiting;
  await first.open();
  expect((await first.result).exitCode).toBe(0);
  const { exitCode, events, one } = await second.result;
  expect(exitCode).toBe(0);
  const who = `${stage.fleet.user}@${hostname()} for ${stage.fleet.inventory} since`;
  const notes = events.filter(waits);
  expect(notes.map((note) => "host" in note && note.host)).toEqual(["web1"]);
  expect(JSON.stringify(notes)).toMatch(/waiting for the lock, \S.* at most: locked by /);
  expect(JSON.stringify(notes)).toContain(who);
  expect(pid).toBeGreaterThan(0);
  expect(one("summary")).toMatchObject({ ok: 3, outcome: "shop is old on 3 of 3 hosts" });
  for (const host of hosts) expect(await stage.current(host)).toBe("old");
});

test("a rollback that waited goes back from what runs by then", async () => {
  await stage.write({ "index.html": "newer\n" });
  const first = gated("newer");
  await first.waiting;
  const back = behind("rollback", ["--lock-wait", "60"]);
  await back.waiting;
  await first.open();
  expect((await first.result).exitCode).toBe(0);
  expect((await back.result).one("summary").outcome).toBe("shop is back at old on 3 of 3 hosts");
});

test("when the time is up it is refused as without waiting; Ctrl+C ends the waiting at once", async () => {
  await stage.write({ "index.html": "slow\n" });
  const first = gated("slow");
  const pid = await first.waiting;
  const short = await stage.run("deploy", ["-r", "late", "--lock-wait", "1s"]);
  expect(short.exitCode).toBe(1);
  const text = short.stdout.replace(/\s+/g, " ");
  expect(text).toContain(`(pid ${pid})`);
  expect(text).toContain("still after waiting 1.0 s");
  expect(text).toContain("that deploy still runs");

  const controller = new AbortController();
  const long = behind("deploy", ["-r", "never", "--lock-wait", "1h"], controller.signal);
  await long.waiting;
  const sinceMs = performance.now();
  controller.abort();
  expect((await long.result).exitCode).toBe(130);
  expect(performance.now() - sinceMs).toBeLessThan(30_000);
  for (const host of hosts) expect(await stage.current(host)).toBe("old");
});

test("a deploy that decided by what another one has changed since stops, and changes nothing", async () => {
  const index = JSON.stringify(join(import.meta.dir, "..", "..", "lib", "index.ts"));
  const code = `
    const { bootstrapAll, connectAll, lockAll, planReleases, releasesOptions, script, startFleet, startPeers, watch } =
      await import(${index});
    await script(async (signal) => {
      const options = releasesOptions(["-i", ${JSON.stringify(stage.fleet.inventory)}]);
      const { hosts } = await planReleases(options, { signal });
      await using fleet = startFleet(hosts, { title: "slow", signal });
      await using _screen = watch(fleet, options);
      return await fleet.run(async () => {
        await connectAll(fleet, { deployTo: ({ settings }) => settings.deployTo });
        process.stdout.write("looked\\n");
        for await (const _line of console) break;
        await bootstrapAll(fleet);
        await startPeers(fleet);
        await lockAll(fleet, { app: "shop", owner: "ops@laptop", breakLock: false });
        return "locked";
      });
    });`;
  const env = { ...process.env, TMPDIR: stage.temporary, HOME: stage.home };
  const slow = Bun.spawn([process.execPath, "-e", code], {
    env,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  let text = "";
  for await (const chunk of slow.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (!text.endsWith("looked\n")) continue;
    await stage.write({ "index.html": "meanwhile\n" });
    expect((await stage.run("deploy", ["-r", "meanwhile"])).exitCode).toBe(0);
    slow.stdin.write("go\n");
    await slow.stdin.end();
  }
  expect(text.replace(/\s+/g, " ")).toMatch(
    /web\d was switched from \w+ to meanwhile since it was looked at, and 2 more hosts as well; nothing was changed/,
  );
  expect(await slow.exited).toBe(1);
});

const overlapping = [
  ["-l", "web1,web2"],
  ["-l", "web2,web3"],
  ["-l", "web1,web3"],
  ["-l", "web3"],
];

test("deploys over some of the same hosts, all waiting, come through one after the other", async () => {
  await stage.write({ "index.html": "before them\n" });
  const first = gated("before");
  await first.waiting;
  const others = overlapping.map((words, index) =>
    behind("deploy", [...words, "-r", `wave-${index}`, "--lock-wait", "90s"]),
  );
  // All set off at the same moment.
  await Promise.all(others.map(({ waiting }) => waiting));
  await first.open();
  const results = await Promise.all(others.map(({ result }) => result));
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
});

test("deploys over some of the same hosts, none waiting: one at least gets all it wants, nobody half", async () => {
  await stage.write({ "index.html": "once more\n" });
  const results = await Promise.all(
    overlapping.map((words, index) => stage.json("deploy", [...words, "-r", `meet-${index}`])),
  );
  const codes = results.map(({ exitCode }) => exitCode);
  expect(codes).toContain(0);
  for (const code of codes) expect([0, 1]).toContain(code);
});

test.each([
  ["soon", /--lock-wait wants a time such as 90s, 15m or 1h, not "soon"/],
  ["1m1m", /--lock-wait wants a time/],
  ["-1s", /--lock-wait/],
])("--lock-wait %s is refused", async (time, text) => {
  const { exitCode, stderr } = await stage.run("deploy", [`--lock-wait=${time}`]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(text);
});

test("--lock-wait and --break-lock don't go together", async () => {
  const { exitCode, stderr } = await stage.run("deploy", ["--lock-wait", "1m", "--break-lock"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("--lock-wait can't be given with --break-lock");
});
