// One table of flags → typed options and `--help`.
import { ArgumentError, parseArguments } from "./arguments.ts";
import { OpsError } from "./errors.ts";
import { PASSWORD_FLAGS } from "./password-flags.ts";

interface FlagBase {
  readonly short?: string;
  /** More long names, without dashes. */
  readonly alias?: string;
  /** The name of a flag that can't be given with this one. */
  readonly notWith?: string;
  readonly help: string;
}
/** `value` is the placeholder shown in help (`-f N`); a flag without one is a switch. */
export type Flag =
  | (FlagBase & { readonly type: "switch" })
  | (FlagBase & {
      readonly type: "text" | "list";
      readonly value: string;
      /** What it means without a value; one follows only where the next word looks like `unless`. */
      readonly bare?: { readonly means: string; readonly unless: RegExp };
    })
  | (FlagBase & { readonly type: "count"; readonly value: string; readonly min?: number });

type ValueOf<F extends Flag> = F["type"] extends "switch"
  ? boolean
  : F["type"] extends "list"
    ? readonly string[]
    : F["type"] extends "count"
      ? number | undefined
      : string | undefined;

/** What a command line said, by the names of the flags: a boolean, text, texts or a number, as each flag is typed. */
export type Parsed<Flags extends Record<string, Flag>> = {
  readonly [Name in keyof Flags]: ValueOf<Flags[Name]>;
} & {
  /** What is no flag, in order. */
  readonly words: readonly string[];
  /** What stands after `--`; undefined without one. */
  readonly rest: readonly string[] | undefined;
};

/** How a script is called: what `--help` says, and what is an error. */
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
  /** Beginnings of long flags will do, as with Ansible's own tools. */
  readonly abbreviations?: boolean;
}

/** What a script of one's own says of itself, and the flags it adds to ours. */
export type OwnUsage<Flags extends Record<string, Flag>> = Partial<
  Pick<Usage<Flags>, "example" | "about" | "words" | "minWords" | "maxWords" | "flags">
>;

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
    alias: "inventory-file",
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
  vaultPasswordFile: {
    type: "list",
    alias: "vault-pass-file",
    value: "FILE",
    help: "password of Ansible Vault values (repeatable)",
  },
  vaultId: {
    type: "list",
    value: "LABEL@SOURCE",
    help: "a vault password by id: a file, a program or `prompt` (repeatable)",
  },
  askVaultPass: {
    type: "switch",
    short: "J",
    alias: "ask-vault-password",
    notWith: "vaultPasswordFile",
    help: "ask for the vault password",
  },
  ...PASSWORD_FLAGS,
  json: { type: "switch", help: "one JSON object a line on stdout, nothing else there" },
  verbose: { type: "switch", short: "v", help: "say more" },
} as const satisfies Record<string, Flag>;

/**
 * `argv` (without program and script) by the table in `usage`.
 * @throws OpsError `usage` naming the word that is wrong; `Help` for `--help`
 *
 * @example
 * const { words, keep } = parseOptions(Bun.argv.slice(2), {
 *   example: "bun scripts/tidy.ts /srv/shop --keep 3",
 *   about: "Removes what is old.",
 *   words: "FOLDER",
 *   minWords: 1,
 *   maxWords: 1,
 *   flags: { keep: { type: "count", value: "N", help: "how many stay" } },
 * });
 */
export function parseOptions<const Flags extends Record<string, Flag>>(
  argv: readonly string[],
  usage: Usage<Flags>,
): Parsed<Flags> {
  const cut = argv.indexOf("--");
  const rest = cut === -1 ? undefined : argv.slice(cut + 1);
  const { values, words } = parseStrictly(cut === -1 ? argv : argv.slice(0, cut), usage);
  if (values.has("help")) throw new Help(helpText(usage));
  const options: Record<string, unknown> = { words, rest };
  for (const [name, flag] of Object.entries(usage.flags)) {
    const given = values.get(dashed(name));
    const value = given?.at(-1);
    // `--source "$BUILD"` with BUILD unset would mean the working folder, and an empty --limit every host.
    if (flag.type !== "switch" && flag.type !== "list" && value?.trim() === "")
      throw wrong(`--${dashed(name)} is empty: is a shell variable not set?`, usage);
    if (given !== undefined && flag.notWith !== undefined && values.has(dashed(flag.notWith)))
      throw wrong(`--${dashed(name)} can't be given with --${dashed(flag.notWith)}`, usage);
    if (flag.type === "switch") options[name] = given !== undefined;
    else if (flag.type === "list") options[name] = given ?? [];
    else options[name] = flag.type === "count" ? count(name, flag.min ?? 0, value) : value;
  }
  if (words.some((word) => word.trim() === ""))
    throw wrong(`a word is empty: this takes ${usage.words}`, usage);
  const least = usage.minWords ?? 0;
  if (words.length < least) throw wrong(`too few words: this needs ${usage.words}`, usage);
  if (words.length > usage.maxWords) throw wrong(`one word too many: "${words[usage.maxWords]}"`, usage);
  return options as Parsed<Flags>;
}

/** The `--help` of a script: example, purpose, its own flags, then those of every script with hosts. */
export function helpText(usage: Usage<Record<string, Flag>>): string {
  const rows = Object.entries(usage.flags).map(([name, flag]) => [name, flagRow(name, flag)] as const);
  const help = flagRow("help", { type: "switch", short: "h", help: "this text" });
  const own = [...rows.filter(([name]) => !(name in FLEET_FLAGS)).map(([, row]) => row), help];
  const common = rows.filter(([name]) => name in FLEET_FLAGS).map(([, row]) => row);
  const width = Math.max(...[...own, ...common].map(([left]) => left.length)) + 2;
  const block = (list: readonly (readonly [string, string])[]) =>
    list.map(([left, text]) => left.padEnd(width) + text);
  const script = /scripts\/[\w./-]+\.ts/.exec(usage.example)?.[0] ?? "script";
  return [
    usage.example,
    "",
    usage.about,
    "",
    `Usage: bun ${script} ${usage.words}`.trimEnd(),
    "",
    ...block(own),
    ...(common.length === 0
      ? []
      : ["", "Hosts and how to reach them, as with Ansible:", "", ...block(common)]),
  ].join("\n");
}

function flagRow(name: string, flag: Flag): readonly [string, string] {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  return [`  ${short}--${dashed(name)}${"value" in flag ? ` ${flag.value}` : ""}`, flag.help];
}

function parseStrictly(argv: readonly string[], usage: Usage<Record<string, Flag>>) {
  const flags = Object.entries(usage.flags).map(([name, flag]) => {
    const { type, short, alias } = flag;
    const long = [dashed(name), ...(alias === undefined ? [] : [alias])];
    return { long, short, takes: type !== "switch", bare: "bare" in flag ? flag.bare : undefined };
  });
  const help = { long: ["help"], short: "h", takes: false };
  try {
    return parseArguments(argv, [...flags, help], { abbreviations: usage.abbreviations, stopAt: ["help"] });
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw wrong(error.message, usage, error);
  }
}

function count(name: string, min: number, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (typeof value === "string" && /^\d+$/.test(value) && number >= min) return number;
  throw new OpsError("usage", `--${dashed(name)} wants a whole number of at least ${min}, not "${value}"`);
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
