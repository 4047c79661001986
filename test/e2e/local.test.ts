// The embedded default, as a newcomer starts it: in a terminal, without sshd.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { expectNothingLeft, type Footprint, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { runScript } from "../support/run.ts";
import { openTerminal } from "../ui/tmux.ts";

setDefaultTimeout(60_000);

const PROJECT = join(import.meta.dir, "../..");
const rooks = Array.from({ length: 8 }, (_, index) => `rook${index + 1}`);
let root: string;
let temporary: string;
let before: Footprint;

beforeAll(async () => {
  root = await temporaryFolder("local");
  temporary = join(root, "tmp");
  await mkdir(temporary);
  before = footprint();
});
afterEach(async () => {
  await expectNothingLeft(before);
  expect(await readdir(temporary)).toEqual(["rookery-local"]);
});
afterAll(() => rm(root, { recursive: true }));

const current = (host: string) => readlink(join(temporary, "rookery-local", host, "current"));

test("in a terminal: the screen, then the summary, which stays; exit 0", async () => {
  await using terminal = await openTerminal(100, 30, {
    TMPDIR: temporary,
    HOME: root,
    TERM: "screen-256color",
  });
  await terminal.type(`cd ${PROJECT} && clear`);
  await terminal.until(/^\$$/);
  await terminal.type(`${process.execPath} scripts/deploy.ts local; echo "left with $?"`);
  const screen = (await terminal.until(/q stops/)).join("\n");
  expect(screen).toMatch(/rook1/);
  await terminal.until(/^left with 0$/m);
  const all = await terminal.scrollback();
  expect(all).toMatch(/✓ rookery is \d{14} on 8 of 8 hosts/);
  for (const rook of rooks) expect(all).toMatch(new RegExp(`^ +${rook} +ok`, "m"));
  expect(all).not.toContain("q stops");
  expect(new Set(await Promise.all(rooks.map(current))).size).toBe(1);
});

test("again: every host runs it already", async () => {
  const { exitCode, stdout } = await runScript(["deploy", "local"], {
    env: { TMPDIR: temporary, HOME: root },
  });
  expect(stdout).toMatch(/\d{14} runs already on 8 of 8 hosts: nothing to do/);
  expect(exitCode).toBe(0);
});

test("to a file: plain lines, without colours or cursor movements", async () => {
  const { exitCode, stdout, stderr } = await runScript(["deploy", "local", "-r", "by-hand"], {
    env: { TMPDIR: temporary, HOME: root },
  });
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^\[0:0\d\] activate done in /m);
  expect(stderr + stdout).not.toContain("\u001b");
  for (const rook of rooks) expect(await current(rook)).toBe("releases/by-hand");
});

test("a closed pipe ends the output, not the run's cleanliness", async () => {
  const script = join(PROJECT, "scripts/releases.ts");
  const { stdout, stderr, exitCode } = await Bun.$`${process.execPath} ${script} local | head -n 2`
    .env({ ...process.env, TMPDIR: temporary, HOME: root })
    .quiet();
  expect(stdout.toString().split("\n")[0]).toStartWith("host");
  expect(stderr.toString()).not.toContain("EPIPE");
  expect(exitCode).toBe(0);
});
