// One table of flags → typed options and `--help`.
import { parseArgs } from "node:util";
import { OpsError } from "./errors.ts";

interface FlagBase {
  readonly short?: string;
  readonly help: string;
}
/** `value` is the placeholder shown in help (`-f N`); a flag without one is a switch. */
export type Flag =
  | (FlagBase & { readonly type: "switch" })
  | (FlagBase & { readonly type: "text" | "list"; readonly value: string })
  | (FlagBase & { readonly type: "count"; readonly value: string; readonly min?: number });

type ValueOf<F extends Flag> = F["type"] extends "switch"
  ? boolean
  : F["type"] extends "list"
    ? readonly string[]
    : F["type"] extends "count"
      ? number | undefined
      : string | undefined;

export type Parsed<Flags extends Record<string, Flag>> = {
  readonly [Name in keyof Flags]: ValueOf<Flags[Name]>;
} & {
  /** What is no flag, in order. */
  readonly words: readonly string[];
  /** What stands after `--`; undefined without one. */
  readonly rest: readonly string[] | undefined;
};

export interface Usage<Flags extends Record<string, Flag>> {
  /** A line that can be pasted: the first line of `--help`. */
  readonly example: string;
  /** What the script does, in a sentence or two. */
  readonly about: string;
  /** The words after the script's name: `INVENTORY [PATTERN]`. */
  readonly words: string;
  readonly minWords?: number;
  readonly maxWords: number;
  readonly flags: Flags;
}

/** Thrown by `--help`: a wish, not an error. `script` prints it and exits 0. */
export class Help extends Error {
  readonly text: string;
  constructor(text: string) {
    super("help");
    this.text = text;
  }
}

/** Flags that every script with hosts understands, named as Ansible's. */
export const FLEET_FLAGS = {
  inventory: {
    type: "list",
    short: "i",
    value: "PATH",
    help: "inventory file, folder or 'host1,host2,' (repeatable)",
  },
  limit: {
    type: "text",
    short: "l",
    value: "PATTERN",
    help: "only hosts that also match this Ansible pattern",
  },
  extraVars: {
    type: "list",
    short: "e",
    value: "NAME=VALUE",
    help: "set a variable, over the inventory's (repeatable; @FILE, JSON)",
  },
  forks: { type: "count", short: "f", value: "N", min: 1, help: "hosts worked on at a time (50)" },
  vaultPasswordFile: { type: "text", value: "FILE", help: "password of Ansible Vault values" },
  json: { type: "switch", help: "one JSON object a line on stdout, nothing else there" },
  verbose: { type: "switch", short: "v", help: "say more" },
} as const satisfies Record<string, Flag>;

/**
 * `argv` (without program and script) by the table in `usage`.
 * @throws OpsError `usage` naming the word that is wrong; `Help` for `--help`
 */
export function parseOptions<const Flags extends Record<string, Flag>>(
  argv: readonly string[],
  usage: Usage<Flags>,
): Parsed<Flags> {
  const cut = argv.indexOf("--");
  const rest = cut === -1 ? undefined : argv.slice(cut + 1);
  const { values, positionals } = parseStrictly(cut === -1 ? argv : argv.slice(0, cut), usage);
  if (values.help === true) throw new Help(helpText(usage));
  const options: Record<string, unknown> = { words: positionals, rest };
  for (const [name, flag] of Object.entries(usage.flags)) {
    const value = values[dashed(name)];
    // `--source "$BUILD"` with BUILD unset would mean the working folder, and an empty --limit every host.
    if (typeof value === "string" && value.trim() === "")
      throw wrong(`--${dashed(name)} is empty: is a shell variable not set?`, usage);
    options[name] = flag.type === "count" ? count(name, flag.min ?? 0, value) : (value ?? emptyOf(flag));
  }
  if (positionals.some((word) => word.trim() === ""))
    throw wrong(`a word is empty: this takes ${usage.words}`, usage);
  const least = usage.minWords ?? 0;
  if (positionals.length < least) throw wrong(`too few words: this needs ${usage.words}`, usage);
  if (positionals.length > usage.maxWords)
    throw wrong(`one word too many: "${positionals[usage.maxWords]}"`, usage);
  return options as Parsed<Flags>;
}

/** The `--help` of a script: example, purpose, flags. */
export function helpText(usage: Usage<Record<string, Flag>>): string {
  const rows = [
    ...Object.entries(usage.flags),
    ["help", { type: "switch", short: "h", help: "this text" }] as [string, Flag],
  ].map(([name, flag]) => {
    const short = flag.short === undefined ? "    " : `-${flag.short}, `;
    return [`  ${short}--${dashed(name)}${"value" in flag ? ` ${flag.value}` : ""}`, flag.help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const script = /scripts\/[\w./-]+\.ts/.exec(usage.example)?.[0] ?? "script";
  return [
    usage.example,
    "",
    usage.about,
    "",
    `Usage: bun ${script} ${usage.words}`.trimEnd(),
    "",
    ...rows.map(([left, help]) => left.padEnd(width) + help),
  ].join("\n");
}

function parseStrictly(argv: readonly string[], usage: Usage<Record<string, Flag>>) {
  const options: Record<string, { type: "string" | "boolean"; short?: string; multiple?: boolean }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, flag] of Object.entries(usage.flags)) {
    options[dashed(name)] = {
      type: flag.type === "switch" ? "boolean" : "string",
      multiple: flag.type === "list",
      ...(flag.short === undefined ? {} : { short: flag.short }),
    };
  }
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    // node:util words these well ("Unknown option '--frks'"), but offers advice about `--` that fits few.
    const message = error instanceof Error ? error.message.split(". To specify")[0] : String(error);
    throw wrong(message ?? "", usage, error);
  }
}

function count(name: string, min: number, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (typeof value === "string" && /^\d+$/.test(value) && number >= min) return number;
  throw new OpsError("usage", `--${dashed(name)} wants a whole number of at least ${min}, not "${value}"`);
}

function emptyOf(flag: Flag): unknown {
  return flag.type === "switch" ? false : flag.type === "list" ? [] : undefined;
}

function wrong(message: string, usage: Usage<Record<string, Flag>>, cause?: unknown): OpsError {
  return new OpsError("usage", message, {
    hint: `for example: ${usage.example}   (--help shows all)`,
    cause,
  });
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
