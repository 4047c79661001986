// A template literal → a script for a host's shell, in which values are values, whatever they hold.
import { shellQuote } from "../ssh/quote.ts";
import { type Context, openReader } from "./context.ts";

/**
 * What may stand in `${…}` of a command: text and numbers are one word each, an array is as many words as it has
 * items, and the output of another command is its stdout without the last line break.
 */
export type ShellValue = ShellWord | readonly ShellWord[];
type ShellWord = string | number | bigint | { readonly stdout: string };

export interface CommandPlace {
  /** Folder it begins in; else where a login begins. */
  readonly cwd?: string | undefined;
  /** Environment variables, beside those of the login. They travel on stdin, as all of the command does. */
  readonly env?: Readonly<Record<string, string | number>> | undefined;
}

export interface CommandText {
  /** For sh, which `READ_AND_RUN` gives it to. */
  readonly script: string;
  /** The command as messages show it: values left out, for any of them may be a secret. */
  readonly label: string;
}

const LABEL_CHARACTERS = 60;

/**
 * What the shell is started with: it reads the command from stdin, as many lines as the first one says, and what is left
 * of stdin is the command's. Everyone on a host can read argument lists; `read` takes no byte too many.
 */
export const READ_AND_RUN = `IFS= read -r rookery_lines && rookery_script= || exit 125
while [ "$rookery_lines" -gt 0 ]; do IFS= read -r rookery_line || exit 125
rookery_script=$rookery_script$rookery_line'
'; rookery_lines=$((rookery_lines - 1)); done
unset rookery_line rookery_lines; eval "unset rookery_script; $rookery_script"`;

// zx's own prefix; not every sh knows pipefail.
const STRICT = "set -eu; if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi";

/**
 * The script of a template literal. Each value is put into a shell variable and named where it stood: in quotes between
 * words, without them inside double quotes and here-documents. So no value is ever read as code.
 * @throws TypeError for a value that is no text or number, that holds a NUL, or that stands where it can't be one: in
 *   single quotes, in a here-document whose end is quoted, after a backslash, or in arithmetic without being a number
 */
export function commandText(
  pieces: readonly (string | undefined)[],
  values: readonly ShellValue[],
  { cwd, env = {} }: CommandPlace = {},
): CommandText {
  const reader = openReader();
  const variables: string[] = [];
  const variable = (word: string) => {
    variables.push(`rookery_${variables.length + 1}=${shellQuote(word)}`);
    return `\${rookery_${variables.length}}`;
  };
  let body = "";
  for (const [index, piece] of pieces.entries()) {
    if (piece === undefined)
      throw new TypeError("a backslash in this command is no JavaScript escape: double it");
    reader.read(piece);
    body += piece;
    if (index >= values.length) continue;
    const place = `value ${index + 1} of \`${labelOf(pieces)}\``;
    if (reader.escaped()) throw new TypeError(`${place} stands right after a backslash`);
    const words = wordsOf(values[index], place);
    body = literalDollar(body) + placed(words, reader.context(), { place, variable });
  }
  const lines = [STRICT, ...variables, ...exports(env), ...folder(cwd), body];
  return { script: `${lines.join("\n")}\n`, label: labelOf(pieces) };
}

/** What goes to `READ_AND_RUN` on stdin: the script, then what the command itself shall read. */
export function stdinFor(script: string, input: string | Uint8Array = ""): Uint8Array {
  const lines = script.split("\n").length - 1;
  return Buffer.concat([Buffer.from(`${lines}\n${script}`), Buffer.from(input as Uint8Array)]);
}

/** `script` with a `$` at its end, which would make something of what follows, as the character it is. */
function literalDollar(script: string): string {
  const [, slashes = "", dollars = ""] = /(\\*)(\$*)$/.exec(script) ?? [];
  const free = dollars.length - (slashes.length % 2);
  return free > 0 && free % 2 === 1 ? `${script.slice(0, -1)}\\$` : script;
}

function placed(
  words: readonly string[],
  context: Context,
  { place, variable }: { readonly place: string; readonly variable: (word: string) => string },
): string {
  switch (context) {
    case "bare":
      return words.map((word) => `"${variable(word)}"`).join(" ");
    case "double":
    case "text":
      return words.map(variable).join(" ");
    case "comment":
      return "";
    case "math":
      // bash would run what stands in the brackets of a[…] there.
      if (words.length === 1 && /^-?\d+$/.test(words[0] ?? "")) return ` ${words[0]} `;
      throw new TypeError(`${place} stands in arithmetic and is no whole number`);
    case "single":
      throw new TypeError(`${place} stands in single quotes: leave the quotes out, values need none`);
    case "quoted-text":
      throw new TypeError(`${place} stands in a here-document whose end is quoted: leave those quotes out`);
  }
}

function wordsOf(value: unknown, place: string): readonly string[] {
  const words = Array.isArray(value) ? value : [value];
  return words.map((word: unknown) => {
    if (typeof word === "string" || typeof word === "number" || typeof word === "bigint") return String(word);
    if (typeof word === "object" && word !== null && "stdout" in word && typeof word.stdout === "string")
      return word.stdout.replace(/\n$/, "");
    const what =
      word instanceof Promise ? "a promise: await it first" : `${word === null ? null : typeof word}`;
    throw new TypeError(`${place} is ${what}; text, numbers, outputs and arrays of them can be words`);
  });
}

function exports(env: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(env).map(([name, value]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new TypeError(`not the name of an environment variable: ${name}`);
    return `export ${name}=${shellQuote(String(value))}`;
  });
}

function folder(cwd: string | undefined): string[] {
  if (cwd === undefined) return [];
  // `cd -` would go back, and CDPATH elsewhere.
  return [`CDPATH= cd -- ${shellQuote(cwd.startsWith("-") ? `./${cwd}` : cwd)}`];
}

function labelOf(pieces: readonly (string | undefined)[]): string {
  const [first = "", ...more] = pieces.join("…").trim().split("\n");
  const line = `${first.trim().replace(/\s+/g, " ")}${more.length > 0 ? " …" : ""}`;
  return line.length > LABEL_CHARACTERS ? `${line.slice(0, LABEL_CHARACTERS - 1)}…` : line;
}
