// What random YAML documents are made of.
import fc from "fast-check";

/** Text of a piece that stands in a block indented by so many blanks. */
export type Piece = (indent: number) => string;
export type Pieces = fc.Arbitrary<Piece>;

export const text = (...choices: readonly string[]) => fc.constantFrom(...choices);
/** One of `tame` mostly, sometimes of `wild`. */
export const mostly = (tame: readonly string[], wild: readonly string[], weight = 9) =>
  fc.oneof({ weight, arbitrary: text(...tame) }, { weight: 1, arbitrary: text(...wild) });
export const glued = (...parts: readonly fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((found) => found.join(""));
export const blanks = (count: number) => " ".repeat(Math.max(0, count));

const PLAIN = ["a", "b", "c", "1", "yes", "two words", "x:y", "a-b", "k1", "1.5", "null", "10.0.0.1", "a,b"];
const ODD = [
  ...["-", "--", "---", "...", "?", "?x", ":", "::", ":x", "x:", "a#b", "#c", "a #c", "- a", "-a"],
  ...["|", ">", "'", '"', "%", "@", "`", "{{ x }}", "[", "]", "{", "}", ",", "\\", "!x", "!", "&", "*"],
  ...["é", "日本", "\u{1f600}", "\u00a0", "\u0085", "\u2028", "\u2029", "\ufeff", "\u0001", "\t", "\r"],
  ...["0755", "1:30", "~", "2020-01-02", "2020-13-45", "1e3", ".5", "0o7", "0b_", "1.0", "true", "a  b   c"],
];
export const plain = mostly(PLAIN, ODD);

const DOUBLE = [
  ...[
    "\\n",
    "\\t",
    "\\x41",
    "\\u00e9",
    "\\U0001F600",
    "\\/",
    "\\'",
    '\\"',
    "\\\\",
    "\\ ",
    "\\N",
    "\\_",
    "\\L",
  ],
  ...[
    "\\e",
    "\\0",
    "\\q",
    "\\u12",
    "\\ud800",
    "\n",
    "\n  ",
    "\n\n ",
    "\\\n",
    "\\\n  ",
    "\t",
    "'",
    " #",
    "b: c",
  ],
  ...["\r\n", "\u2028", "\n---\n", "\n--- ", "\\\t", "\\ \n "],
];
const SINGLE = ["''", "\n", "\n   ", "\n\n ", "\t", '"', "\\", " #", "b: c", "\u2029", "\u0085", "\n...\n"];
const quoted = (quote: string, wild: readonly string[]) =>
  fc
    .array(mostly(["a", " ", "  ", "b c"], wild, 1), { maxLength: 4 })
    .map((parts) => quote + parts.join("") + quote);

const PROPERTIES = [
  ...[
    "&a ",
    "&b ",
    "&c ",
    "&a1-_ ",
    "!!str ",
    "!!int ",
    "!!float ",
    "!!null ",
    "!!bool ",
    "!unsafe ",
    "!vault ",
  ],
  ...["!!map ", "!!seq ", "! ", "!", "!!", "!foo ", "!<tag:yaml.org,2002:str> ", "!<!unsafe> ", "&a !!str "],
  ...[
    "!!str &b ",
    "&a &b ",
    "!!str !!int ",
    "&a\n ",
    "!!str#",
    "!e!x ",
    "!!timestamp ",
    "!unsafe,",
    "&a,",
    "&a:",
  ],
  ...["!!python/unicode ", "!%73tr ", "!!s%74r ", "!vault-encrypted "],
];
export const properties = mostly([""], PROPERTIES);
const aliases = text("*a", "*b", "*c", "*a1-_", "*undefined", "");
export const scalar = fc.oneof(
  { weight: 8, arbitrary: plain },
  { weight: 1, arbitrary: quoted('"', DOUBLE) },
  { weight: 1, arbitrary: quoted("'", SINGLE) },
  { weight: 1, arbitrary: aliases },
);
export const comment = mostly([""], [" # c", "# c", "  #", "\t# t", " #: x"]);
export const gap = mostly([" "], ["", "  ", "\t", " \t"]);
