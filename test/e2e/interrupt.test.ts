// Ctrl+C in each phase: exit 130, and nothing running or half-written anywhere.
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "./events.ts";
import { type JsonResult, type Stage, startStage } from "./stage.ts";

setDefaultTimeout(60_000);

const MiB = 1024 * 1024;
const hosts = ["web1", "web2", "web3"];
let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ memoryBytes: 1024 * MiB });
  expect((await stage.run("deploy", ["-r", "old"])).exitCode).toBe(0);
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(async () => {
  await stage.setVars({});
  await writeFile(join(stage.source, "large.bin"), randomBytes(32 * MiB));
});

/** Every deploy has a name of its own: one that was stopped late may have left its release, complete and never current. */
let deploys = 0;

/** Deploys and sends SIGINT at the first event `when` is true of. */
async function interruptedAt(
  when: (event: Event) => boolean,
  words: readonly string[] = [],
): Promise<JsonResult> {
  let sent = false;
  const onEvent = (event: Event, pid: number) => {
    if (sent || !when(event)) return;
    sent = true;
    process.kill(pid, "SIGINT");
  };
  deploys += 1;
  const result = await stage.json("deploy", ["-r", `new-${deploys}`, ...words], { onEvent });
  expect(sent).toBe(true);
  return result;
}

async function expectUntouched(): Promise<void> {
  await stage.expectTidy();
  for (const host of hosts) expect(await stage.current(host)).toBe("old");
}

for (const phase of ["connect", "pack", "bootstrap", "distribute", "activate"]) {
  test(`Ctrl+C as ${phase} begins`, async () => {
    const { exitCode, one, stderr } = await interruptedAt(
      (event) => event.type === "phase" && event.phase === phase && event.state === "start",
    );
    expect(stderr).toBe("");
    expect(one("summary")).toMatchObject({ ok: 0, failed: 0, unreachable: 0, skipped: 3, exitCode: 130 });
    expect(one("summary").outcome).toContain("interrupted");
    expect(exitCode).toBe(130);
    await expectUntouched();
  });
}

test("Ctrl+C while bytes travel", async () => {
  const { exitCode } = await interruptedAt((event) => event.type === "progress" && event.verifiedBytes > 0);
  expect(exitCode).toBe(130);
  await expectUntouched();
});

test("Ctrl+C while a command runs ends the command and all it started", async () => {
  await stage.setVars({ rookery_before_activate: ["echo begun; sleep 987 & sleep 986"] });
  const { exitCode } = await interruptedAt(
    (event) => event.type === "output" && event.text.includes("begun"),
  );
  expect(exitCode).toBe(130);
  await expectUntouched();
});

test("Ctrl+C once hosts have begun to switch leaves all of them switched, or says which are", async () => {
  await stage.setVars({ rookery_after_activate: ["echo switched; sleep 985"] });
  const { exitCode, one } = await interruptedAt(
    (event) => event.type === "output" && event.text.includes("switched"),
  );
  expect(exitCode).toBe(130);
  expect(one("summary").outcome).toContain("interrupted");
  await stage.expectTidy();
  for (const host of hosts) expect(await stage.current(host)).toBe(`new-${deploys}`);
  await stage.setVars({});
  const back = await stage.run("rollback", ["old"]);
  expect(back.exitCode).toBe(0);
});

test("SIGTERM and SIGHUP end a deploy as cleanly as Ctrl+C does", async () => {
  for (const name of ["SIGTERM", "SIGHUP"] as const) {
    let sent = false;
    const { exitCode } = await stage.json("deploy", ["-r", `new-${name}`], {
      onEvent: (event, pid) => {
        if (sent || event.type !== "phase" || event.phase !== "distribute") return;
        sent = true;
        process.kill(pid, name);
      },
    });
    expect(exitCode).toBe(130);
    await expectUntouched();
  }
});

test("after all that, a deploy goes through", async () => {
  await rm(join(stage.source, "large.bin"));
  await stage.write({ "index.html": "at last\n" });
  const { exitCode } = await stage.run("deploy", ["-r", "last"]);
  expect(exitCode).toBe(0);
  for (const host of hosts) expect(await stage.current(host)).toBe("last");
  await stage.expectTidy();
});
