// Python's regular expressions and shell globs as JavaScript's.

const WORD = "\\p{L}\\p{N}_";
const END = "(?![\\s\\S])";
const START = "(?<![\\s\\S])";
/** What an escape means outside a set, where JavaScript means something else or nothing. */
const ESCAPES: Readonly<Record<string, string>> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
  A: START,
  Z: END,
  a: "\\x07",
};
const IN_SET: Readonly<Record<string, string>> = {
  ...{ d: "\\p{Nd}", D: "\\P{Nd}", w: WORD, b: "\\x08", a: "\\x07" },
};

/**
 * `source` of Python's `re` as a RegExp with `flags` of `gimy`.
 * @throws SyntaxError when JavaScript can't express it
 */
export function pythonRegExp(source: string, flags = ""): RegExp {
  let rest = source;
  let all = flags;
  const inline = /^\(\?([aiLmsux]+)\)/.exec(rest);
  if (inline?.[1] !== undefined) {
    rest = rest.slice(inline[0].length);
    if (/[aLx]/.test(inline[1])) throw new SyntaxError(`the flags (?${inline[1]}) are not supported`);
    all += inline[1].replace("u", "");
  }
  const [many, dot] = [all.includes("m"), all.includes("s")];
  let out = "";
  for (let index = 0; index < rest.length; index++) {
    const char = String.fromCodePoint(rest.codePointAt(index) ?? 0);
    const from = rest.slice(index);
    const [group] = /^\(\?(?:P<\w+>|P=\w+\)|#[^)]*\))/.exec(from) ?? [];
    const [repeat] = /^\{(?:\d+(?:,\d*)?|,\d+)\}/.exec(from) ?? [];
    if (char === "\\") {
      const [sequence, translated] = escaped(from, false);
      out += translated;
      index += sequence.length - 1;
    } else if (group !== undefined) {
      if (group.startsWith("(?P<")) out += group.replace("P", "");
      else if (group.startsWith("(?P=")) out += `\\k<${group.slice(4, -1)}>`;
      index += group.length - 1;
    } else if (char === "[") {
      const [length, set] = setOf(from);
      out += set;
      index += length - 1;
    } else if (repeat !== undefined) {
      out += repeat.replace("{,", "{0,");
      index += repeat.length - 1;
    } else if (char === "$") out += many ? `(?=\\n|${END})` : `(?=\\n?${END})`;
    else if (char === "^") out += many ? `(?:${START}|(?<=\\n))` : START;
    else if (char === ".") out += dot ? "[\\s\\S]" : "[^\\n]";
    else if (/[\]{}]/.test(char)) out += `\\${char}`;
    else {
      out += char;
      index += char.length - 1;
    }
  }
  return new RegExp(out, [...new Set(`${all.replace(/[ms]/g, "")}u`)].join(""));
}

/** The escape at the start of `from`, and what it is in JavaScript. */
function escaped(from: string, inSet: boolean): [sequence: string, translated: string] {
  const [sequence = ""] =
    /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|0[0-7]{0,2}|[1-9]\d?|[\s\S])/u.exec(from) ?? [];
  if (sequence === "") throw new SyntaxError("a backslash at the end");
  const char = sequence.slice(1);
  if (/^[xu]./.test(char)) return [sequence, sequence];
  if (char.startsWith("U")) return [sequence, `\\u{${char.slice(1)}}`];
  if (char.startsWith("0")) return [sequence, `\\x${Number.parseInt(char, 8).toString(16).padStart(2, "0")}`];
  if (/^\d/.test(char)) return [sequence, inSet ? char : `(?:\\${char})`];
  const known = (inSet ? IN_SET : ESCAPES)[char];
  if (known !== undefined) return [sequence, known];
  if (inSet && char === "W") throw new SyntaxError("\\W in a set is not supported");
  if (/[sSntrfv]/.test(char)) return [sequence, sequence];
  if (/[a-zA-Z]/.test(char)) throw new SyntaxError(`bad escape \\${char}`);
  return [sequence, /[\\^$.*+?()[\]{}|/-]/.test(char) && (inSet || char !== "-") ? `\\${char}` : char];
}

/** `[a-z]` at the start of `from`: how long it is, and what it is in JavaScript. */
function setOf(from: string): [length: number, set: string] {
  let index = from.startsWith("[^") ? 2 : 1;
  let out = from.slice(0, index);
  const first = index;
  for (; index < from.length; index++) {
    const char = String.fromCodePoint(from.codePointAt(index) ?? 0);
    if (char === "]" && index > first) return [index + 1, `${out}]`];
    if (char === "\\") {
      const [sequence, translated] = escaped(from.slice(index), true);
      out += translated;
      index += sequence.length - 1;
    } else {
      // A `-` right at the start or the end, or beside a class, is itself; in between it makes a range.
      const literal =
        char === "-" &&
        (index === first || from[index + 1] === "]" || /\\[dws]$/i.test(from.slice(0, index)));
      out += literal || /[[\]]/.test(char) ? `\\${char}` : char;
      index += char.length - 1;
    }
  }
  throw new SyntaxError("[ is never closed");
}

/**
 * `text` with what `found` matches replaced as Python's `re.sub` does: `\1`, `\g<1>`, `\g<name>`, `\n`.
 * @throws SyntaxError for an escape or a group that there isn't
 */
export function replaceMatches(text: string, found: RegExp, replacement: string): string {
  return text.replace(found, (...all: unknown[]) => {
    const groups = typeof all.at(-1) === "object" ? (all.pop() as Record<string, string | undefined>) : {};
    const matched = all.slice(0, -2) as (string | undefined)[];
    return replacement.replace(
      /\\(?:g<(\w+)>|([1-9]\d?)|(0[0-7]{0,2})|([\s\S]))/g,
      (whole, name?: string, number?: string, octal?: string, sequence?: string) => {
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
        if (sequence !== undefined) {
          const known = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", a: "\x07", b: "\b" }[sequence];
          if (known !== undefined) return known;
          if (/[a-zA-Z]/.test(sequence)) throw new SyntaxError(`bad escape ${whole}`);
          return sequence === "\\" ? sequence : whole;
        }
        const key = name ?? number ?? "";
        if (/^\d+$/.test(key) ? Number(key) >= matched.length : !Object.hasOwn(groups, key))
          throw new SyntaxError(`there is no group ${key}`);
        return (/^\d+$/.test(key) ? matched[Number(key)] : groups[key]) ?? "";
      },
    );
  });
}

/** Shell glob (`*`, `?`, `[seq]`, `[!seq]`) as a RegExp for the whole text, as Python's fnmatch. */
export function globRegExp(glob: string): RegExp {
  let source = "";
  for (let index = 0; index < glob.length; index++) {
    const char = glob[index] ?? "";
    if (char === "*") source += ".*";
    else if (char === "?") source += ".";
    else if (char === "[") {
      // A `]` right after `[` or `[!` is one of the characters.
      const from = glob[index + 1] === "!" ? index + 3 : index + 2;
      const close = glob.indexOf("]", from);
      if (close === -1) source += "\\[";
      else {
        source += globSet(glob.slice(index + 1, close));
        index = close;
      }
    } else source += char.replace(/[$()*+./?[\\\]^{|}-]/, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}

/** What is between `[` and `]`; a range from a higher to a lower character has nothing in it. */
function globSet(body: string): string {
  const [negated, chars] = body.startsWith("!") ? ["^", body.slice(1)] : ["", body];
  const literal = (char = "") => char.replace(/[-\\[\]^]/, "\\$&");
  let set = "";
  for (let index = 0; index < chars.length; index++) {
    const [low = "", dash, high] = chars.slice(index, index + 3);
    if (dash === "-" && high !== undefined) {
      if (low <= high) set += `${literal(low)}-${literal(high)}`;
      index += 2;
    } else set += literal(low);
  }
  return `[${negated}${set}]`;
}
