// What all scripts share.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { $ } from "bun";

const script = join(import.meta.dir, "..", "scripts", "deploy.ts");

test("output that a full disk swallows is told, and no success", async () => {
  const shell = 'exec "$0" "$1" --help > /dev/full';
  const { exitCode, stderr } = await $`sh -c ${shell} ${process.execPath} ${script}`.nothrow().quiet();
  expect(stderr.toString()).toMatch(/^not all of the output could be written: ENOSPC.*\n$/);
  expect(exitCode).toBe(1);
});

test("a reader that leaves early is no trouble", async () => {
  const shell = '{ "$0" "$1" --help; echo "exit code $?" >&2; } | true';
  const { stderr } = await $`sh -c ${shell} ${process.execPath} ${script}`.nothrow().quiet();
  expect(stderr.toString()).toBe("exit code 0\n");
});

test("results that a full disk swallows are told too", async () => {
  const shell = 'exec "$0" "$1" local -- true > /dev/full';
  const run = join(import.meta.dir, "..", "scripts", "run.ts");
  const { exitCode, stderr } = await $`sh -c ${shell} ${process.execPath} ${run}`.nothrow().quiet();
  expect(stderr.toString()).toMatch(/^not all of the output could be written: ENOSPC.*\n$/);
  expect(exitCode).toBe(1);
});

test("a pager that takes its time gets all of it", async () => {
  const module = join(import.meta.dir, "..", "lib", "script.ts");
  const code = `const { script } = await import(${JSON.stringify(module)});
    await script(async () => { process.stdout.write("x".repeat(999_999)); console.log(); return 0; });`;
  // Longer than a script that is through waits for what nobody closed.
  const shell = '"$0" -e "$1" | { sleep 4; wc -c; }';
  const { stdout } = await $`sh -c ${shell} ${process.execPath} ${code}`.quiet();
  expect(Number(stdout.toString())).toBe(1_000_000);
});
