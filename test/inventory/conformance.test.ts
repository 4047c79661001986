// Over a hundred inventories, each printed by ansible-inventory and by us at the same time: structure, values, types,
// order, exit codes.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { ANSIBLE_TIMEOUT_MS, type Folder, folderOf } from "./ansible.ts";
import { CLOUD_CASES } from "./cases/clouds.ts";
import { CONFIG_CASES } from "./cases/config.ts";
import { FILE_CASES } from "./cases/files.ts";
import { INI_CASES } from "./cases/ini.ts";
import { CLUSTER_CASES } from "./cases/manners.ts";
import { MERGE_CASES } from "./cases/merge.ts";
import { PROGRAM_CASES } from "./cases/programs.ts";
import { SETTING_CASES } from "./cases/settings.ts";
import { TOML_CASES } from "./cases/toml.ts";
import { VAULT_CASES } from "./cases/vault.ts";
import { YAML_CASES } from "./cases/yaml.ts";
import { ansibleAnswers, type CommandAnswer, commandLine, ourAnswer } from "./commands.ts";

const CASES = [
  ...YAML_CASES,
  ...INI_CASES,
  ...TOML_CASES,
  ...FILE_CASES,
  ...MERGE_CASES,
  ...PROGRAM_CASES,
  ...VAULT_CASES,
  ...CONFIG_CASES,
  ...SETTING_CASES,
  ...CLUSTER_CASES,
  ...CLOUD_CASES,
];

let folder: Folder;
let answers: readonly CommandAnswer[];
const lineOf = (index: number) => {
  const each = CASES[index];
  if (each === undefined) throw new RangeError(`no case ${index}`);
  return commandLine(each, join(folder.path, String(index)));
};

beforeAll(async () => {
  const files: Record<string, string> = {};
  for (const [index, each] of CASES.entries()) {
    files[`${index}/.case`] = each.name;
    for (const [path, text] of Object.entries(each.files)) files[`${index}/${path}`] = text;
  }
  folder = await folderOf(files);
  answers = await ansibleAnswers("fork", [...CASES.keys()].map(lineOf));
}, ANSIBLE_TIMEOUT_MS);
afterAll(() => folder[Symbol.asyncDispose](), ANSIBLE_TIMEOUT_MS);

test.each(CASES.map(({ name }, index) => [name, index] as const))("%s", async (_name, index) => {
  const [theirs, ours] = [answers[index], await ourAnswer(lineOf(index))];
  if (theirs === undefined) throw new Error("no answer");
  expect({ code: ours.code, said: ours.code === theirs.code ? "" : ours.stderr + theirs.stderr }).toEqual({
    code: theirs.code,
    said: "",
  });
  if (theirs.code !== 0) return;
  expect(ours.stdout).toBe(theirs.stdout);
});

test("there are at least 400 cases", () => {
  expect(CASES.length).toBeGreaterThanOrEqual(400);
});
