import { expect, test } from "bun:test";
import fc from "fast-check";
import { shellCommand, shellQuote } from "../../lib/ssh/quote.ts";

test("plain words stay as they are, others are quoted", () => {
  expect(shellCommand(["ls", "-l", "/a b", "it's", "", "~", "a=b"])).toBe(
    "ls -l '/a b' 'it'\\''s' '' '~' a=b",
  );
});

test("a NUL is refused", () => {
  expect(() => shellQuote("a\0b")).toThrow(TypeError);
});

test("any words come back from a shell unchanged", () => {
  const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${shellCommand(words)}`;
      const { stdout } = Bun.spawnSync(["sh", "-c", script]);
      expect(stdout.toString("utf8").split("\0").slice(0, -1)).toEqual(words);
    }),
    { numRuns: 40 },
  );
});
