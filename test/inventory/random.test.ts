// Thousands of random inventories a run, each printed by ansible-inventory's own code and by us.
import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { parseJson } from "../../lib/inventory/json.ts";
import type { Vars } from "../../lib/inventory/types.ts";
import { parseYaml } from "../../lib/inventory/yaml.ts";
import { parseSimpleYaml } from "../../lib/inventory/yaml-simple.ts";
import { type Folder, folderOf } from "./ansible.ts";
import { ansibleAnswers, type CommandAnswer, type CommandLine, ourAnswer } from "./commands.ts";
import { iniInventory } from "./random-ini.ts";
import { varsFile, yamlInventory } from "./random-yaml.ts";

const RUNS = Number(process.env.RUNS ?? 2000);
const TIMEOUT_MS = 180_000;
/** Fixed, so that a run tells of a change and not of luck; SEED tries another. */
const SEED = Number(process.env.SEED ?? 20_141_118);

test.each([
  ["YAML", "hosts.yml", yamlInventory],
  ["INI", "hosts", iniInventory],
] as const)(
  "random %s inventories",
  async (_kind, name, arbitrary) => {
    const texts = [...new Set(fc.sample(arbitrary, { numRuns: RUNS, seed: SEED }))];
    await using folder = await folderOf({});
    const differences = await differing(texts, name, folder);
    const [first] = differences;
    if (first === undefined) return;
    const { text, theirs, ours } = first;
    console.log(`${differences.length} of ${texts.length} differ (seed ${SEED}); the shortest:\n${text}`);
    expect({ code: ours.code, printed: ours.stdout }).toEqual({ code: theirs.code, printed: theirs.stdout });
  },
  TIMEOUT_MS,
);

test("simple vars files mean the same without the whole grammar", () => {
  let simple = 0;
  const check = (text: string) => {
    const quick = parseSimpleYaml(text);
    if (quick === undefined) return;
    simple++;
    // A line that the quick reader leaves alone has the whole text read by the grammar.
    const { other: _, ...whole } = parseYaml(`${text}other:\n  - 1\n`, { file: "vars.yml" }) as Vars;
    expect(quick).toEqual(whole);
  };
  fc.assert(fc.property(varsFile, check), { numRuns: 20_000, seed: SEED });
  expect(simple).toBeGreaterThan(1000);
});

interface Difference {
  readonly text: string;
  readonly theirs: CommandAnswer;
  readonly ours: CommandAnswer;
}

/** Where Ansible and we part, shortest inventories first. */
async function differing(texts: readonly string[], name: string, folder: Folder): Promise<Difference[]> {
  const lines: CommandLine[] = texts.map((_, index) => ({
    cwd: folder.path,
    args: ["-i", join(folder.path, `${index}-${name}`), "--list", "--export"],
  }));
  await Promise.all(texts.map((text, index) => writeFile(join(folder.path, `${index}-${name}`), text)));
  const half = Math.ceil(lines.length / 2);
  const answers = (
    await Promise.all([lines.slice(0, half), lines.slice(half)].map((part) => ansibleAnswers("batch", part)))
  ).flat();
  const found: Difference[] = [];
  for (const [index, text] of texts.entries()) {
    const [line, theirs] = [lines[index], answers[index]];
    if (line === undefined || theirs === undefined) throw new Error(`no answer to inventory ${index}`);
    const ours = await ourAnswer(line);
    if (!same(theirs, ours)) found.push({ text, theirs, ours });
  }
  return found.sort((a, b) => a.text.length - b.text.length);
}

function same(theirs: CommandAnswer, ours: CommandAnswer): boolean {
  // 250 is a crash of Ansible's: JSON has no keys that are dates, and no sets.
  if (theirs.code === 250) return true;
  if (theirs.code !== ours.code) return false;
  if (theirs.code !== 0 || theirs.stdout === ours.stdout) return true;
  // Unsorted in Ansible, where a mapping has keys of several kinds.
  if (!theirs.stderr.includes("Could not sort JSON output")) return false;
  return Bun.deepEquals(parseJson(theirs.stdout), parseJson(ours.stdout));
}
