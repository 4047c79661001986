// The operations guide: what it quotes is said somewhere, what it promises is tested somewhere, and no flag is left out.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "../support/run.ts";
import { PROOFS } from "./complaints.ts";
import { quoted, readGuide, rowsBelow } from "./guide.ts";
import { PROJECT, README } from "./readme.ts";

setDefaultTimeout(60_000);

const guide = readGuide("OPERATIONS.md");
const code = [...new Bun.Glob("lib/**/*.{ts,tsx}").scanSync({ cwd: PROJECT })]
  .map((path) => readFileSync(join(PROJECT, path), "utf8"))
  .join("\n");

describe("when something goes wrong", () => {
  const rows = rowsBelow(guide, "When something goes wrong");
  const messages = rows.flatMap(([seen = ""]) => quoted(seen));

  test("there are enough of them, each with a meaning and something to do", () => {
    expect(messages.length).toBeGreaterThan(25);
    expect(rows.filter((cells) => cells.length !== 3 || cells.some((cell) => cell.length < 5))).toEqual([]);
  });

  test.each(messages)("%s is said by the code", (message) => {
    const parts = message.split(/\[?…/).filter((part) => part.trim() !== "");
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.filter((part) => !code.includes(part))).toEqual([]);
  });
});

describe("25 complaints", () => {
  const rows = rowsBelow(guide, "25 complaints");

  test("each has its line, with the tests that prove it", () => {
    const told = rows.map(([number, , , tests = ""]) => [Number(number), tests.split(", ")]);
    expect(told).toEqual(
      Object.entries(PROOFS).map(([number, tests]) => [Number(number), Object.keys(tests)]),
    );
    expect(rows).toHaveLength(25);
  });

  test.each(Object.entries(PROOFS))("the tests of %s are there", (_number, proofs) => {
    for (const [file, titles] of Object.entries(proofs)) {
      const path = join(PROJECT, "test", `${file}.test.ts`);
      expect(existsSync(path) ? "" : path).toBe("");
      const text = readFileSync(path, "utf8");
      expect(titles.filter((title) => !text.includes(title))).toEqual([]);
    }
  });
});

test.each(["deploy", "rollback", "releases", "verify", "history"])(
  "every flag of %s.ts is spoken of",
  async (name) => {
    const { stdout } = await runScript([name, "--help"]);
    const flags = [...stdout.matchAll(/^ {2}(?:(-\w), | {4})(--[\w-]+)/gm)].map(([, ...names]) => names);
    expect(flags.length).toBeGreaterThan(3);
    const texts = `${README}\n${guide.text}`;
    const spoken = (flag: string | undefined) =>
      flag !== undefined && new RegExp(`(?<![\\w-])${flag}(?![\\w-])`).test(texts);
    expect(flags.filter((names) => !names.some(spoken))).toEqual([]);
  },
);
