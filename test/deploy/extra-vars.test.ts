// -e, compared with what ansible-inventory makes of the same words.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { extraVars } from "../../lib/extra-vars.ts";
import { temporaryFolder } from "../support/marker.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder("extra-vars");
  await writeFile(join(folder, "hosts"), "h1\n");
  await writeFile(join(folder, "vars.yml"), "port: 0o17\nlist: [1, two]\n");
});
afterAll(() => rm(folder, { recursive: true }));

const CASES: readonly (readonly string[])[] = [
  [`a=1 b="two words"`, "a=2"],
  [`a='x y' c=z`],
  ["path={{ inventory_hostname }}/x b=2"],
  [`a="{{ x | default("y z") }}" b=1`],
  ["a=one\\ntwo", `b="tab\\there"`, "c=\\x41\\u00fc", "d=back\\\\slash"],
  [`a='it"s' b="he said 'hi'" c="x"y`],
  ["a=b=c d= e==f"],
  ["a=x#y", "{b: [1, 2], c: yes, d: 0777}", '{"e": {"f": null}}'],
  [`a=\\"q`],
  ["@vars.yml", "port=1"],
  [""],
];

test("extra vars mean what they mean to ansible-inventory", async () => {
  for (const words of CASES) {
    const given = words.map((word) => (word.startsWith("@") ? `@${join(folder, word.slice(1))}` : word));
    const flags = given.flatMap((word) => ["-e", word]);
    const says = Bun.spawnSync(["ansible-inventory", "-i", "hosts", "--host", "h1", ...flags], {
      cwd: folder,
      stdin: "ignore",
    });
    expect(await extraVars(given)).toEqual(JSON.parse(says.stdout.toString()));
  }
}, 60_000);

test.each([
  ["foo", `"foo" sets nothing`],
  ["greeting=hello world", `"world" sets nothing`],
  ["=b", `"=b" sets nothing`],
  [`a="open`, "not closed"],
  ["a={{ open", "not closed"],
  ["[1, 2]", "no mapping"],
  ["@nowhere.yml", "no such file"],
])("-e %p is refused: %s", async (word, problem) => {
  const error = await extraVars([word]).catch((reason) => reason);
  expect([error.code, error.message]).toEqual(["usage", expect.stringContaining(problem)]);
});
