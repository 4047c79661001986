// Only what changed travels: releases made of what hosts have already, checked, and the same on every one of them.
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { appendFile, chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { killAll } from "../support/processes.ts";
import { differences, readTree } from "./digest.ts";
import type { Event } from "./events.ts";
import { type JsonResult, type Stage, type StageOptions, startStage } from "./stage.ts";

setDefaultTimeout(120_000);

const KiB = 1024;
const MiB = 1024 * KiB;
const FILES = 120;
const FILE_BYTES = 100 * KiB;
const LARGE_BYTES = 8 * MiB;
const TOTAL_BYTES = FILES * FILE_BYTES + LARGE_BYTES;

let stage: Stage;
afterEach(() => stage[Symbol.asyncDispose]());

/** Three hosts that run `one`: 120 files nobody can compress, some read-only, and a large one. */
async function prepared({
  hosts = 3,
  words = [],
  ...options
}: StageOptions & { words?: readonly string[] } = {}) {
  stage = await startStage({ hosts, memoryBytes: 1024 * MiB, ...options });
  for (let index = 0; index < FILES; index++) {
    const path = join(stage.source, `file-${index}`);
    await writeFile(path, randomBytes(FILE_BYTES));
    if (index % 3 === 0) await chmod(path, 0o444);
  }
  await writeFile(join(stage.source, "large.bin"), randomBytes(LARGE_BYTES));
  const { exitCode, stderr } = await stage.run("deploy", ["-r", "one", ...words]);
  expect(stderr).not.toContain("warning");
  expect(exitCode).toBe(0);
}

/** Changes two of the files and puts a byte into the middle of the large one. */
async function change(): Promise<void> {
  for (const name of ["file-7", "file-9"]) {
    await rm(join(stage.source, name));
    await writeFile(join(stage.source, name), randomBytes(FILE_BYTES));
  }
  const large = await readFile(join(stage.source, "large.bin"));
  const middle = LARGE_BYTES / 2;
  await writeFile(
    join(stage.source, "large.bin"),
    Buffer.concat([large.subarray(0, middle), Buffer.from("!"), large.subarray(middle)]),
  );
}

const bytesOf = (result: JsonResult, host: string) => Number(result.host(host).bytes);
const notesOf = ({ events }: JsonResult) =>
  events.flatMap((event) => (event.type === "note" ? [event.message] : []));

/** These hosts run exactly what the source holds now. */
function expectSource(hosts: readonly string[] = stage.fleet.names): void {
  const wanted = readTree(stage.source);
  for (const host of hosts)
    expect(differences(wanted, readTree(stage.place(host, "current"), { except: ["REVISION"] }))).toEqual([]);
}

for (const via of ["swarm", "ssh"] as const) {
  test(`a second deploy moves about what changed, by ${via}`, async () => {
    await prepared({ words: ["--via", via] });
    await change();
    const result = await stage.json("deploy", ["-r", "two", "--via", via]);
    expect(result.exitCode).toBe(0);
    for (const host of stage.fleet.names) {
      expect(bytesOf(result, host)).toBeGreaterThan(2 * FILE_BYTES);
      expect(bytesOf(result, host)).toBeLessThan(TOTAL_BYTES / 15);
    }
    expectSource();
    await stage.expectTidy();
  });
}
