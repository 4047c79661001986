import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../lib/release/command.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { listProcesses } from "../support/processes.ts";
import { newSite, type Site, writeCapistranoTree } from "./site.ts";

setDefaultTimeout(30_000); // processes take their time on a busy machine

const before = footprint();
afterAll(() => expectNothingLeft(before));

const ID = "20250101000000";

test("runs in the release, told where it is, with empty stdin", async () => {
  await using site = await withRelease();
  const { exitCode, stdout } = await run(site, {
    command:
      'pwd; echo "$ROOKERY_RELEASE $ROOKERY_RELEASE_PATH $ROOKERY_DEPLOY_TO $ROOKERY_CURRENT $MINE"; cat; echo end\n\n',
    env: { MINE: "my own", ROOKERY_RELEASE: "not settable" },
  });
  const release = join(site.deployTo, "releases", ID);
  const current = join(site.deployTo, "current");
  expect(stdout.split("\n")).toEqual([
    release,
    `${ID} ${release} ${site.deployTo} ${current} my own`,
    "end",
    "",
  ]);
  expect(exitCode).toBe(0);
});

test.each([
  ["exit 7", 7, ""],
  ["false", 1, ""],
  ["no-such-program", 127, "no-such-program: not found"],
  ["kill -TERM $$", 143, ""],
  ["if", 2, "Syntax error"],
  ["", 0, ""],
  ["set -e\nfalse\necho no", 1, ""],
])("%p ends with %d", async (command, expected, complaint) => {
  await using site = await withRelease();
  const { exitCode, stderr, stdout } = await run(site, { command });
  expect(exitCode).toBe(expected);
  expect(stderr).toContain(complaint);
  expect(stdout).toBe("");
});

test("quotes, unicode and megabytes survive", async () => {
  await using site = await withRelease();
  const text = `it's "quoted" $HOME \\ ü 巣 ${"x".repeat(200_000)}`;
  const { stdout } = await run(site, {
    command: `cat <<'END'\n${text}\nEND\nhead -c 2000000 /dev/zero | tr '\\0' y`,
  });
  expect(stdout).toBe(`${text}\n${"y".repeat(2_000_000)}`);
});

test("the command's text is in nobody's argv", async () => {
  await using site = await withRelease();
  const secret = "s3cret-out-of-the-vault";
  let seen: string[] = [];
  await runCommand(site.deployTo, {
    id: ID,
    command: `echo ${secret} >/dev/null; echo looking; while [ ! -e looked ]; do sleep 0.05; done`,
    onOutput: () => {
      seen = listProcesses().map(({ command, environment }) => `${command} ${environment.join(" ")}`);
      Bun.spawnSync(["touch", join(site.deployTo, "releases", ID, "looked")]);
    },
  });
  expect(seen.some((line) => line.includes("rookery_command"))).toBe(true);
  expect(seen.filter((line) => line.includes(secret))).toEqual([]);
});

test("a timeout ends the command with all its children", async () => {
  await using site = await withRelease();
  const idle = footprint();
  const command = "(sleep 300; sleep 300) & sleep 300 & echo started; wait";
  const ended = run(site, { command, timeoutMs: 300 });
  await expect(ended).rejects.toMatchObject({ code: "timeout" });
  await expectNothingLeft(idle, { withinMs: 0 });
});

test("an abort ends the command, children that ignore SIGTERM included", async () => {
  await using site = await withRelease();
  const idle = footprint();
  const stop = new AbortController();
  const ended = runCommand(site.deployTo, {
    id: ID,
    command: "trap '' TERM; sleep 300 & echo started; wait",
    signal: stop.signal,
    graceMs: 300,
    onOutput: () => stop.abort(),
  });
  await expect(ended).rejects.toMatchObject({ code: "interrupted" });
  await expectNothingLeft(idle, { withinMs: 0 });
  const again = runCommand(site.deployTo, { id: ID, command: "touch ran", signal: stop.signal });
  await expect(again).rejects.toMatchObject({ code: "interrupted" });
  await expect(readFile(join(site.deployTo, "releases", ID, "ran"))).rejects.toThrow("ENOENT");
});

test("a server started in the background neither holds us up nor is ended", async () => {
  await using site = await withRelease();
  const { exitCode, stdout } = await run(site, { command: "sleep 60 & echo $!" });
  expect(exitCode).toBe(0);
  process.kill(Number(stdout), "SIGKILL");
});

test("a release that isn't there is an error, before anything runs", async () => {
  await using site = await withRelease();
  for (const id of ["missing", "../../etc"]) {
    await expect(runCommand(site.deployTo, { id, command: "touch /tmp/never" })).rejects.toMatchObject({
      code: "release",
    });
  }
});

async function withRelease(): Promise<Site> {
  const site = await newSite();
  await writeCapistranoTree(site.deployTo, [ID]);
  return site;
}

async function run(
  site: Site,
  options: { command: string; env?: Record<string, string>; timeoutMs?: number },
) {
  const output = { stdout: "", stderr: "" };
  const onOutput = (stream: "stdout" | "stderr", text: string) => {
    output[stream] += text;
  };
  return { exitCode: await runCommand(site.deployTo, { id: ID, ...options, onOutput }), ...output };
}
