// Flags → options and --help.
import { expect, test } from "bun:test";
import { deployOptions, rollbackOptions } from "../../lib/deploy/flags.ts";
import { runOptions } from "../../lib/deploy/run-command.ts";
import { Help } from "../../lib/options.ts";

test("flags in any place, long and short, repeated and joined", () => {
  const options = deployOptions([
    "prod",
    "-l",
    "web:!web9",
    "web",
    "-e",
    "a=1",
    "--extra-vars=b=2",
    "-f",
    "7",
    "-Cv",
  ]);
  expect(options).toMatchObject({
    ...{ words: ["prod", "web"], limit: "web:!web9", extraVars: ["a=1", "b=2"], forks: 7 },
    ...{
      check: true,
      verbose: true,
      json: false,
      breakLock: false,
      lockWait: undefined,
      inventory: [],
      rest: undefined,
    },
    ...{ release: undefined, source: undefined, vaultPasswordFile: [] },
  });
});

test("what stands after -- is nobody's flag", () => {
  const { words, rest } = runOptions(["prod", "web", "--", "ls", "-la", "--", "--json"]);
  expect([words, rest]).toEqual([
    ["prod", "web"],
    ["ls", "-la", "--", "--json"],
  ]);
  expect(() => runOptions(["prod"])).toThrow("which command?");
  expect(() => runOptions(["prod", "--"])).toThrow("which command?");
});

test.each([
  [["--frks", "3"], "--frks"],
  [["-z"], "-z"],
  [["--forks"], "forks"],
  [["--forks", "-3"], "forks"],
  [["--forks", "3.5"], 'not "3.5"'],
  [["--forks", "0"], "at least 1"],
  [["--check=yes"], "check"],
  [["a", "b", "c"], 'one word too many: "c"'],
])("%p is refused with an example to paste", (argv, message) => {
  const refused = () => deployOptions(argv);
  expect(refused).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringContaining(message) }),
  );
});

test("--help opens with a line to paste and names every flag", () => {
  for (const options of [deployOptions, rollbackOptions]) {
    const help = (() => {
      try {
        options(["prod", "-h", "--check"]);
      } catch (error) {
        return error instanceof Help ? error.text : String(error);
      }
      return "";
    })();
    expect(help.split("\n")[0]).toStartWith("bun scripts/");
    for (const flag of [
      "-i, --inventory PATH",
      "-l, --limit PATTERN",
      "-C, --check",
      "--allow-failures N|N%",
      "-h, --help",
    ])
      expect(help).toContain(flag);
    for (const line of help.split("\n")) expect(line.length).toBeLessThan(120);
  }
});
