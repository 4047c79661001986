// Values are values, whatever they hold and wherever they stand: read back from the shells hosts have.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { commandText, READ_AND_RUN, type ShellValue, stdinFor } from "../../lib/shell/command-text.ts";

setDefaultTimeout(30_000);

const SHELLS = ["sh", "bash"];

function textOf(pieces: TemplateStringsArray, ...values: readonly ShellValue[]) {
  return commandText(pieces, values);
}

async function run(shell: string, script: string, input = "") {
  const child = Bun.spawn([shell, "-c", READ_AND_RUN], {
    stdin: stdinFor(script, input),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

const hostile = fc.oneof(
  fc.constantFrom(
    "",
    "'",
    '"',
    "$(exit 9)",
    "`exit 9`",
    "$HOME",
    "\\",
    "a b",
    "*",
    "~",
    "-n",
    "#",
    "\n",
    "EOF",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const value = fc
  .array(hostile, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(""))
  .filter((text) => !text.includes("\0"));

test.each(SHELLS)("%s reads any value back, in every place one may stand", async (shell) => {
  await fc.assert(
    fc.asyncProperty(value, fc.array(value, { maxLength: 3 }), async (one, many) => {
      const { script } =
        textOf`printf '%s\\0' ${one} "in quotes: ${one}." -- ${many} "$(printf '%s.' ${one})" "$(printf '%s.' "${one}")" # ${one}
        printf '%s\\0' \`printf '%s' begin\`${one} "\`printf '%s.' ${"plain"}\`"; cat <<EOF
${one}|$(printf '%s.' "${one}")
EOF
        printf '\\0%s\\0' ${one}'it'${one}"s" $${one} "$${one}" $$${"."}`;
      const { stdout, stderr, exitCode } = await run(shell, script);
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(stdout.split("\0").slice(0, -1)).toEqual([
        ...[one, `in quotes: ${one}.`, "--", ...many, `${one}.`, `${one}.`, `begin${one}`, "plain."],
        ...[`${one}|${one}.\n`, `${one}it${one}s`, "", `$${one}`, "", `$${one}`, ""],
        expect.stringMatching(/^\d+\.$/),
      ]);
    }),
    { numRuns: 25 },
  );
});

const refused: readonly (readonly [string, () => unknown, string])[] = [
  ["single quotes", () => textOf`echo '${"a"}'`, "value 1 of `echo '…'` stands in single quotes"],
  ["quotes around a later value", () => textOf`echo ${1} "it's ${2}" '${3}'`, "value 3 of"],
  ["a quoted here-document", () => textOf`cat <<'END'\n${"a"}\nEND`, "stands in a here-document whose end"],
  ["a backslash", () => textOf`echo \\${"a"}`, "stands right after a backslash"],
  ["arithmetic", () => textOf`echo $((${"a[$(id)]"} + 1))`, "stands in arithmetic and is no whole number"],
  [
    "undefined",
    () => textOf`rm -rf /srv/${undefined as unknown as string}`,
    "value 1 of `rm -rf /srv/…` is undefined",
  ],
  ["null", () => textOf`echo ${null as unknown as string}`, "is null"],
  ["a boolean", () => textOf`echo ${[true as unknown as string]}`, "is boolean"],
  [
    "a promise",
    () => textOf`echo ${Promise.resolve("a") as unknown as string}`,
    "is a promise: await it first",
  ],
  ["a NUL", () => textOf`echo ${"a\0b"}`, "NUL"],
  [
    "a strange variable",
    () => commandText(["env"], [], { env: { "A;B": "c" } }),
    "environment variable: A;B",
  ],
];
test.each(refused)("%s: refused before anything runs", (_name, make, message) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

const scripts: readonly (readonly [string, { readonly script: string }, object])[] = [
  ["an array is many words", textOf`printf '%s,' ${["a b", 2, 3n]} ${[]}`, { stdout: "a b,2,3," }],
  ["an output is a word", textOf`printf '%s,' ${{ stdout: "a b\n" }}`, { stdout: "a b," }],
  ["a failure ends it", textOf`echo one; false; echo two`, { stdout: "one\n", exitCode: 1 }],
  [
    "an unset variable ends it",
    textOf`echo "$ROOKERY_NO_SUCH"; echo two`,
    { stdout: "", exitCode: expect.any(Number) },
  ],
  ["a comment's quote is none", textOf`echo one # don't\necho ${"$(id)"}`, { stdout: "one\n$(id)\n" }],
  ["a # inside a word is no comment", textOf`echo a#'b'${" c"} x${1}#y`, { stdout: "a#b c x1#y\n" }],
  ["arithmetic", textOf`echo $((${41} + 1)) $(( (1 << 2) ))\necho ${"<"}`, { stdout: "42 4\n<\n" }],
  [
    "a case in a substitution",
    textOf`x=$(case ${"a"} in a) echo ${"b c"};; esac); echo "$x"`,
    { stdout: "b c\n" },
  ],
  ["tabs before the end", textOf`cat <<-END\n\t${"it's"}\n\tEND\necho ${"it's"}`, { stdout: "it's\nit's\n" }],
  [
    "an end that is a value's",
    textOf`cat <<END\n${"END"}\n'x'\nEND\necho ${"a b"}`,
    { stdout: "END\n'x'\na b\n" },
  ],
  ["two documents", textOf`cat <<A - <<'B'\n'${1}\nA\n"\nB\necho ${"a b"}`, { stdout: '"\na b\n' }],
  ["a folder", commandText(["pwd"], [], { cwd: "/usr/../tmp" }), { stdout: "/tmp\n" }],
  [
    "no such folder",
    commandText(["pwd"], [], { cwd: "/no such" }),
    { stdout: "", stderr: expect.stringContaining("/no such") },
  ],
  ["variables", commandText(["env | grep ^A="], [], { env: { A: "it's" } }), { stdout: "A=it's\n" }],
  ["nothing of ours", textOf`set | grep -c '^rookery_' || true`, { stdout: "0\n" }],
];
describe.each(SHELLS)("%s", (shell) => {
  test.each(scripts)("%s", async (_name, { script }, expected) => {
    expect(await run(shell, script)).toMatchObject(expected);
  });
});

test.each(SHELLS)(
  "%s leaves the rest of stdin to the command, and runs nothing of a script that was cut short",
  async (shell) => {
    const { script } = textOf`cat; echo end`;
    expect(await run(shell, script, "a\nb")).toMatchObject({ stdout: "a\nbend\n", exitCode: 0 });
    const whole = stdinFor(textOf`echo begun\necho ended`.script);
    const child = Bun.spawn([shell, "-c", READ_AND_RUN], { stdin: whole.subarray(0, -3), stdout: "pipe" });
    expect([await child.stdout.text(), await child.exited]).toEqual(["", 125]);
  },
);

test("the label tells the command, and none of its values", () => {
  const { label } = textOf`mysql --password=${"hunter2"}   -e ${["drop", "it"]}\n quit`;
  expect(label).toBe("mysql --password=… -e … …");
});
