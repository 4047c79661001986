// YAML, against Ansible's own reader at test time: hundreds of scalars one by one, and random documents by the thousand.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseYaml } from "../../lib/inventory/yaml.ts";
import { yamlDocument } from "./yaml-documents.ts";
import { SCALARS, TAGGED } from "./yaml-scalars.ts";
import { ansibleValues, ourValue } from "./yaml-values.ts";

const TIMEOUT_MS = 120_000;
const DOCUMENTS = Number(process.env.DOCUMENTS ?? 10_000);
/** Fixed, so that a run tells of a change and not of luck; SEED tries another. */
const SEED = Number(process.env.SEED ?? 20_141_118);
/** To Ansible a file of nothing but a number is JSON, where `1e3` is one. No file of an inventory can be that. */
const JSON_SCALAR = /^\s*(?:-?\d[\d.eE+-]*|null|true|false|NaN|-?Infinity)\s*$/;

/** Whether a mapping has both `1` and `"1"` for keys: JSON can't tell them apart, nor can we. */
function hasTwins(answer: unknown): boolean {
  if (!Array.isArray(answer)) return false;
  const [type, value] = answer;
  if (type !== "dict") return answer.some(hasTwins);
  const keys = (value as [[string, unknown], unknown][]).map(([[, key]]) =>
    String(key)
      .toLowerCase()
      .replace(/^none$/, "null"),
  );
  return new Set(keys).size < keys.length || (value as unknown[]).some(hasTwins);
}

test(
  "each scalar is what PyYAML takes it for: as a value, in brackets, as a key",
  async () => {
    const scalars = [...new Set(Object.values(SCALARS).flat())];
    const tagged = Object.entries(TAGGED).flatMap(([tag, values]) =>
      values.map((value) => `${tag} ${value}`),
    );
    expect(scalars.length).toBeGreaterThan(400);
    const texts = [...scalars, ...tagged].flatMap((scalar) => [
      `k: ${scalar}\n`,
      `k: ${scalar}`, // a vars file of one line needs no line end
      `- ${scalar}\n- end\n`,
      `k: [${scalar}, end]\n`,
      `k: {v: ${scalar}}\n`,
      `k:\n  ${scalar}: value\n`,
      `${scalar}\n...\n`,
    ]);
    const theirs = await ansibleValues(texts);
    expect(texts.map((text) => [text, ourValue(text)])).toEqual(
      texts.map((text, index) => [text, theirs[index] as never]),
    );
  },
  TIMEOUT_MS,
);

test(
  "random documents",
  async () => {
    const sample = fc.sample(yamlDocument, { numRuns: DOCUMENTS, seed: SEED });
    const texts = [...new Set(sample)].filter((text) => !JSON_SCALAR.test(text));
    const theirs = await ansibleValues(texts);
    const taken = theirs.filter((each) => each !== "refused").length;
    expect(taken).toBeGreaterThan(texts.length / 7);
    const differing = texts.flatMap((text, index) => {
      const [answer, ours] = [theirs[index], ourValue(text)];
      return ours === "circular" || Bun.deepEquals(answer, ours) || hasTwins(answer)
        ? []
        : [{ text, theirs: answer, ours }];
    });
    const [first] = differing.sort((a, b) => a.text.length - b.text.length);
    if (first === undefined) return;
    console.log(
      `${differing.length} of ${texts.length} differ (SEED=${SEED}); the shortest:\n${JSON.stringify(first.text)}`,
    );
    expect(first.ours).toEqual(first.theirs as never);
  },
  TIMEOUT_MS,
);

test.each([
  ["a: 1\nb: c: d\n", 2, "a ':' can't stand here: what is before it is no key", "b: c: d"],
  ["a: 1\nb\nc: 2\n", 2, "expected ':' behind this key", "b"],
  ["a: [1, 2\nb: 3\n", 2, "expected ',' or ']', not ':'", "b: 3"],
  ["a: {b: c, d: [e, f}\n", 1, "expected ',' or ']', not '}'", "a: {b: c, d: [e, f}"],
  ["a: 'b\nc: 1\n", 1, "this quotation is never closed", "a: 'b"],
  ["a: 1\nb: {c: [d]\n", 2, "this '{' is never closed", "b: {c: [d]"],
  ["a: 1\nb: [\n", 2, "this '[' is never closed", "b: ["],
  ['{"a": {"b": ["c",}}', 1, "expected a value, not '}'", '{"a": {"b": ["c",}}'],
  ["a:\n\t- b\n", 2, "a tab where only spaces may indent", "- b"],
  ['a: "\\q"\n', 1, "\\q has no meaning in double quotes", 'a: "\\q"'],
  ["a: 1\nb: *b\n", 2, "there is no anchor &b above *b", "b: *b"],
  ["a: &x 1\nb: &x 2\n", 2, "there is an anchor &x already", "b: &x 2"],
  ["a: &x {b: *x}\n", 1, "*x is within &x: no value can hold itself", "a: &x {b: *x}"],
  ["a: 1\n---\nb: 2\n", 2, "here the document ends, for what follows is no part of it", "---"],
  ["x: 1\na: 2020-02-30\n", 2, "a date or time that there isn't: put 2020-02-30 in quotes", "a: 2020-02-30"],
  ["x: 1\na: !foo b\n", 2, "unknown scalar tag !<!foo>", "a: !foo b"],
  ["x: 1\n{a: b}: c\n", 2, "a mapping's key can't be a list, a mapping or encrypted", "{a: b}: c"],
  ["a: @b\n", 1, "no text can begin with '@'", "a: @b"],
  ["a:\n  b: |2x\n", 2, "nothing but a comment may follow |2 in its line", "b: |2x"],
  ["a: 1\nb: =\n", 2, "a lone `=` or `<<` is no value to PyYAML: put it in quotes", "b: ="],
])("the error in %j names the line and what is wrong there", (text, line, problem, shown) => {
  expect(() => parseYaml(text, { file: "web.yml" })).toThrow(`web.yml:${line}: ${problem}\n    ${shown}`);
});
