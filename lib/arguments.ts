// Words of a command line as Python's argparse takes them apart, so that what works with Ansible's tools works here.

/** A flag by its names without dashes; `takes` says whether a value follows it. */
export interface FlagNames {
  readonly long: readonly string[];
  readonly short?: string | undefined;
  readonly takes: boolean;
  /** What it means without a value, which follows only where `unless` fits the next word. */
  readonly bare?: { readonly means: string; readonly unless: RegExp } | undefined;
}

export interface Arguments {
  /** Values of each flag that was given, by its first long name, in order; "" for each time a switch was. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
}

/** What is wrong with a command line. */
export class ArgumentError extends Error {}

interface Found {
  readonly flag: FlagNames;
  readonly shown: string;
  readonly value: string | undefined;
}

/**
 * `argv` by `flags`: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, switches together (`-Cv`), and with
 * `abbreviations` beginnings of long names that fit one flag only. Flags and words may stand in any order. `stopAt` ends
 * it early: at `--help`, whatever else is wrong.
 * @throws ArgumentError naming the word that is wrong
 * @see https://docs.python.org/3/library/argparse.html
 */
export function parseArguments(
  argv: readonly string[],
  flags: readonly FlagNames[],
  {
    abbreviations = false,
    stopAt = [],
  }: { readonly abbreviations?: boolean | undefined; readonly stopAt?: readonly string[] } = {},
): Arguments {
  const known = new Map<string, FlagNames>();
  for (const flag of flags) {
    for (const name of flag.long) known.set(`--${name}`, flag);
    if (flag.short !== undefined) known.set(`-${flag.short}`, flag);
  }
  const values = new Map<string, string[]>();
  const words: string[] = [];
  let unknown: string | undefined;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (!looksLikeFlag(word, known)) {
      words.push(word);
      continue;
    }
    let found = find(word, known, abbreviations);
    if (found === undefined) unknown ??= word;
    while (found !== undefined) {
      const { flag, shown, value }: Found = found;
      found = undefined;
      let given = "";
      if (flag.bare !== undefined && value === undefined && !flag.bare.unless.test(argv[at + 1] ?? "")) {
        given = flag.bare.means;
      } else if (flag.takes) {
        const next = argv[at + 1];
        if (value === undefined && (next === undefined || looksLikeFlag(next, known) || next === "--"))
          throw new ArgumentError(`${shown} needs a value`);
        given = value ?? next ?? "";
        if (value === undefined) at++;
      } else if (value !== undefined) {
        // `-Cv`: what stands after a switch of one letter is the next one.
        const next = known.get(`-${value[0]}`);
        if (shown.startsWith("--") || next === undefined) throw new ArgumentError(`${shown} takes no value`);
        found = { flag: next, shown: `-${value[0]}`, value: value.slice(1) || undefined };
      }
      const name = flag.long[0] ?? "";
      const before = values.get(name);
      if (before === undefined) values.set(name, [given]);
      else before.push(given);
      if (stopAt.includes(name)) return { values, words };
    }
  }
  if (unknown !== undefined) throw new ArgumentError(`Unknown option '${unknown}'`);
  return { values, words };
}

/** Negative numbers, a lone `-` and what has blanks in it are words, unless a flag is called so. */
function looksLikeFlag(word: string, known: ReadonlyMap<string, FlagNames>): boolean {
  if (!word.startsWith("-") || word === "-" || word === "--") return false;
  if (known.has(word)) return true;
  if (/^-(?:\d+|\d*\.\d+)$/.test(word)) return false;
  return !word.includes(" ") || word.startsWith("--") || known.has(word.slice(0, 2));
}

function find(
  word: string,
  known: ReadonlyMap<string, FlagNames>,
  abbreviations: boolean,
): Found | undefined {
  const exact = known.get(word);
  if (exact !== undefined) return { flag: exact, shown: word, value: undefined };
  const [, name = word, value] = /^([^=]*)=([\s\S]*)$/.exec(word) ?? [];
  const flag = known.get(name);
  if (flag !== undefined) return { flag, shown: name, value };
  if (!word.startsWith("--")) {
    const short = known.get(word.slice(0, 2));
    return short && { flag: short, shown: word.slice(0, 2), value: word.slice(2) };
  }
  if (!abbreviations) return undefined;
  const names = [...known.keys()].filter((each) => each.startsWith(name));
  const [first] = names;
  if (first === undefined) return undefined;
  const meant = known.get(first);
  if (names.length > 1) throw new ArgumentError(`${name} is the beginning of ${names.join(", ")}`);
  return meant && { flag: meant, shown: first, value };
}
