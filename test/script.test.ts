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
