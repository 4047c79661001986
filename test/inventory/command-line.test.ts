// Command lines, answered by Ansible's own InventoryCLI and by us: exit codes, what is printed, what is written to files.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp } from "node:fs/promises";
import { ANSIBLE_TIMEOUT_MS, type Folder, folderOf } from "./ansible.ts";
import { FILES, LINES } from "./cases/command-lines.ts";
import { ansibleAnswers, type CommandAnswer, ourAnswer } from "./commands.ts";

let theirFolder: Folder;
let ourFolder: Folder;
let answers: readonly CommandAnswer[];

beforeAll(async () => {
  [theirFolder, ourFolder] = [await folderOf(FILES), await folderOf({})];
  await cp(theirFolder.path, ourFolder.path, { recursive: true });
  answers = await ansibleAnswers(
    "fork",
    LINES.map((each) => lineOf(each, theirFolder.path)),
  );
}, ANSIBLE_TIMEOUT_MS);
afterAll(async () => {
  await theirFolder[Symbol.asyncDispose]();
  await ourFolder[Symbol.asyncDispose]();
});

function lineOf({ args, env, stdin }: (typeof LINES)[number], cwd: string) {
  return { cwd, args, env, stdin };
}

test.each(
  LINES.map(({ args, env }, index) => [[...args, ...Object.entries(env ?? {})].join(" "), index] as const),
)("%s", async (_name, index) => {
  const theirs = answers[index];
  const line = LINES[index];
  if (theirs === undefined || line === undefined) throw new RangeError(`no case ${index}`);
  const ours = await ourAnswer(lineOf(line, ourFolder.path));
  const same = ours.code === theirs.code;
  expect({ code: ours.code, said: same ? "" : `${ours.stderr}\n${theirs.stderr}` }).toEqual({
    code: theirs.code,
    said: "",
  });
  if (theirs.code !== 0) {
    expect(ours.stderr).not.toBe("");
    return;
  }
  expect(ours.stdout).toBe(theirs.stdout.replaceAll(theirFolder.path, ourFolder.path));
});
