// A script of an operator's own, in a process of its own: what it shows, how it ends, and Ctrl+C.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { listProcesses } from "../support/processes.ts";

setDefaultTimeout(60_000);

const LIBRARY = join(import.meta.dir, "..", "..", "lib", "index.ts");
const before = footprint();
let fleet: Fleet;
let folder: string;

beforeAll(async () => {
  fleet = await startFleet({ hosts: 3 });
  folder = await temporaryFolder("own-script");
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
  await expectNothingLeft(before);
});

/** Starts a script with this between its first and last line. */
async function start(body: string, ...words: readonly string[]) {
  const file = join(folder, `${Bun.hash(body)}.ts`);
  const code = `import { CommandError, fleetOptions, openFleet, script } from ${JSON.stringify(LIBRARY)};
await script(async (signal) => {
  const options = fleetOptions(Bun.argv.slice(2), { example: "bun scripts/own.ts prod", about: "A script of one's own." });
  await using fleet = await openFleet(options, { signal });
  ${body}
});`;
  await writeFile(file, code);
  const env = { ...process.env, CI: undefined, NO_COLOR: "1" };
  return Bun.spawn([process.execPath, file, "-i", fleet.inventory, ...words], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(body: string, ...words: readonly string[]) {
  const child = await start(body, ...words);
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

const lines = (text: string) => text.trim().split("\n");

test("output is shown by host, line by line, and results are the script's own", async () => {
  const { stdout, stderr, exitCode } = await run(
    "for await (const { host, stdout } of fleet.$`printf 'one\\ntwo'`) console.log(host, stdout.length);",
  );
  expect(lines(stdout).toSorted()).toEqual(["web1 7", "web2 7", "web3 7"]);
  for (const name of fleet.names)
    expect(stderr).toMatch(new RegExp(`${name} \\| one\\n(?:.*\\n)*?.*${name} \\| two`));
  expect(exitCode).toBe(0);
});

test("flags are ours: a limit, JSON, --help", async () => {
  const body = "return await fleet.run(async () => (await fleet.$`echo here`).rows.length + ' hosts');";
  const { stdout, stderr, exitCode } = await run(body, "--json", "-l", "web2");
  const events = lines(stdout).map((line) => JSON.parse(line));
  expect(events).toContainEqual(expect.objectContaining({ type: "output", host: "web2", text: "here\n" }));
  expect(events.at(-1)).toMatchObject({ type: "summary", ok: 1, outcome: "1 hosts", exitCode: 0 });
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect((await run(body, "--help")).stdout).toStartWith("bun scripts/own.ts prod\n");
});

test("an uncaught failure on one host is told in words an operator can use", async () => {
  const failing = 'await fleet.host("web3").$`echo "disk is full" >&2; exit 9`;';
  const { stderr, exitCode } = await run(failing);
  expect(stderr).toContain(
    'web3: `echo "disk is full" >&2; exit 9` ended with exit code 9: disk is full\n  → ',
  );
  expect(exitCode).toBe(1);
  const caught = `try { ${failing} } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(error.host, error.exitCode, error.stderr.trim());
  }`;
  expect(await run(caught)).toMatchObject({ stdout: "web3 9 disk is full\n", exitCode: 0 });
});

test("Ctrl+C ends the commands on all hosts, and the script with 130", async () => {
  const mark = `65.${process.pid}`;
  const child = await start(`await fleet.$\`trap '' INT TERM; sleep ${mark}; sleep ${mark}\`;`);
  const running = () => listProcesses().filter(({ command }) => command === `sleep ${mark}`).length;
  await until(() => running() === 3);
  child.kill("SIGINT");
  expect(await child.exited).toBe(130);
  await until(() => running() === 0);
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${condition}`);
    await Bun.sleep(10);
  }
}
