// Random YAML documents, in all of the language's notations and in what is nearly one of them.
import fc from "fast-check";

import {
  blanks,
  comment,
  gap,
  glued,
  mostly,
  type Piece,
  type Pieces,
  plain,
  properties,
  scalar,
  text,
} from "./yaml-pieces.ts";

/** Between what stands in brackets: nothing, a blank, or a line's end with a comment or without. */
const flowGap: Pieces = mostly(
  ["", " "],
  ["\n>", "\n", " \n>", "\n\n  >", " # c\n>", "\n\t>", "\n>\t", "#c\n>"],
).map((found) => (indent) => found.replace(">", blanks(indent)));
/** What `parts` say for an indentation, one after the other. */
const joined = (...parts: readonly (Pieces | fc.Arbitrary<string>)[]): Pieces =>
  fc
    .tuple(...(parts as fc.Arbitrary<Piece | string>[]))
    .map(
      (found) => (indent) => found.map((part) => (typeof part === "string" ? part : part(indent))).join(""),
    );

const flow = fc.letrec<{ value: Piece; item: Piece; pair: Piece }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    joined(properties, scalar),
    joined(properties, brackets(tie("item"), "[", "]")),
    joined(properties, brackets(tie("pair"), "{", "}")),
  ),
  item: fc.oneof({ weight: 3, arbitrary: tie("value") }, { weight: 1, arbitrary: tie("pair") }),
  pair: joined(
    mostly([""], ["? ", "?"]),
    fc.oneof(
      { weight: 5, arbitrary: scalar.map((key) => () => key) },
      { weight: 1, arbitrary: tie("value") },
    ),
    mostly([""], [" "], 3),
    mostly([": "], [":", "", ":\n  "]),
    tie("value"),
  ),
}));

function brackets(item: Pieces, open: string, close: string): Pieces {
  return fc
    .tuple(fc.array(fc.tuple(item, flowGap), { maxLength: 3 }), flowGap, mostly([""], [",", ", ,"], 6))
    .map(([items, before, last]) => (indent) => {
      const parts = items.map(([each, after]) => each(indent) + after(indent));
      return open + before(indent) + parts.join(`,${before(indent)}`) + last + close;
    });
}

const HEADERS = ["-", "+", "1", "2", "4", "-2", "2-", "+1", "0", "10", "--"];
const blockLine = fc
  .tuple(
    mostly(["\n"], ["\r\n", "\r", "\u0085", "\u2028"], 9),
    mostly(["="], ["", "=+", "-", "=\t", "\t"], 5),
    text("a", "b c", "", "# x", "- q", "k: v", "  ", "---", "é", "'"),
  )
  .map(([end, shape, line]) => (base: number) => {
    const by = base + (shape.includes("+") ? 1 : 0) - (shape === "-" ? 1 : 0);
    return end + (/[=-]/.test(shape) ? blanks(by) : "") + (shape.includes("\t") ? "\t" : "") + line;
  });
const blockScalar: Pieces = fc
  .tuple(
    glued(text("|", ">"), mostly([""], HEADERS, 2), mostly([""], [" # c", " ", "#c", " x", "\t"], 6)),
    text("2", "0", "1", "4"),
    fc.array(blockLine, { maxLength: 5 }),
    mostly(["\n"], [""], 9),
  )
  .map(
    ([header, by, lines, end]) =>
      (indent) =>
        header + lines.map((line) => line(indent + Number(by))).join("") + end,
  );

const lines: Pieces = fc
  .tuple(
    plain,
    fc.array(fc.tuple(text("\n", "\n\n", " # c\n", "\n\t"), text("2", "0", "1", "3"), plain), {
      maxLength: 2,
    }),
  )
  .map(
    ([first, more]) =>
      (indent) =>
        first + more.map(([end, by, word]) => end + blanks(indent + Number(by)) + word).join(""),
  );

const deeper = (piece: Pieces, steps: readonly string[]): Pieces =>
  fc.tuple(piece, text(...steps)).map(
    ([found, by]) =>
      (indent) =>
        found(indent + Number(by)),
  );
const merged = glued(
  text("", "&m ", "&n "),
  text(
    "*a",
    "*b",
    "*m",
    "[*a, *b]",
    "[*m, *n]",
    "{a: 1, b: 2}",
    "{1: x, <<: *m}",
    "[{a: 3}, {a: 4, e: 5}]",
    "{}",
    "a",
    "",
    "[1]",
  ),
);
const KEYS = ["a", "b", "c", "key", "d", "e", "f", "1", "yes", "x y", "1.0", "true", '"a"'];
const block = fc.letrec<{ block: Piece; value: Piece; entry: Piece }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    joined(gap, properties, scalar, comment, text("\n")),
    joined(gap, deeper(flow.value, ["2", "0", "1"]), comment, text("\n")),
    joined(gap, properties, blockScalar),
    joined(text(" "), properties, lines, comment, text("\n")),
    joined(comment, text("\n")),
    joined(gap, properties, comment, text("\n"), deeper(tie("block"), ["2", "2", "2", "0", "1", "4"])),
  ),
  entry: fc.oneof(
    {
      weight: 8,
      arbitrary: joined(
        properties,
        fc.oneof({ weight: 4, arbitrary: text(...KEYS) }, { weight: 1, arbitrary: scalar }),
        mostly([":"], [" :", "\t:"], 9),
        tie("value"),
      ),
    },
    // What is merged may be tagged as anything in PyYAML, which heeds no tag then; we do.
    { weight: 1, arbitrary: joined(text("<<: ", "<<:\n  ", "? <<\n: "), merged, comment, text("\n")) },
    { weight: 1, arbitrary: joined(text("?"), tie("value")) },
    { weight: 1, arbitrary: joined(text(":"), tie("value")) },
    { weight: 1, arbitrary: joined(flow.value, text(":"), tie("value")) },
  ),
  block: fc
    .tuple(
      fc.array(fc.oneof({ weight: 3, arbitrary: tie("entry") }, { weight: 1, arbitrary: tie("value") }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.boolean(),
      mostly([""], ["# c\n", "\n", "  # c\n", "\t\n", "\t# c\n", " ", "\t"], 12),
    )
    .map(([entries, list, before]) => (indent) => {
      const sign = list ? "-" : "";
      const space = (found: string) => (list && /^[^\s]/.test(found) ? " " : "");
      return entries
        .map((entry) => {
          const found = entry(indent + (list ? 2 : 0));
          return before + blanks(indent) + sign + space(found) + found;
        })
        .join("");
    }),
}));

const STARTS = [
  ...["\ufeff", "---\n", "--- ", "---\n---\n", "--- # c\n", "---x\n", "---\t", "...\n---\n", "--- |\n"],
  ...["%YAML 1.1\n---\n", "%YAML 1.2 # c\n---\n", "%YAML 1.3\n---\n", "%TAG !e! tag:yaml.org,2002:\n---\n"],
  ...["%FOO\n---\n", "# c\n%YAML 1.1\n---\n", "%YAML 1.1\n", "%TAG !! !\n---\n", "%YAML 1.1 x\n---\n"],
];
const ENDS = ["...\n", "---\n", "...", "...\n---\n", "... # c\n", "...x\n", "--- x\n"];
const body = fc
  .tuple(
    fc.oneof({ weight: 8, arbitrary: block.block }, { weight: 1, arbitrary: flow.value }),
    mostly(["0"], ["2"], 9),
  )
  .map(([piece, indent]) => piece(Number(indent)));
const whole = fc
  .tuple(
    glued(mostly([""], STARTS, 12), body, mostly([""], ENDS, 19)),
    mostly(["\n"], ["\r\n", "\r", "\u0085"], 19),
  )
  .map(([found, end]) => (end === "\n" ? found : found.replaceAll("\n", end)));
/** A character more or less somewhere. */
const slips = fc.array(
  fc.tuple(fc.nat(), fc.boolean(), fc.constantFrom(..." \n\t:,[]{}#-?&*!|>'\"%@`a1=<~\\")),
  {
    maxLength: 1,
  },
);

/** A YAML document, of which PyYAML takes about one in five. */
export const yamlDocument = fc.oneof(
  { weight: 3, arbitrary: whole },
  {
    weight: 1,
    arbitrary: fc.tuple(whole, slips).map(([found, changes]) =>
      changes.reduce((all, [place, more, char]) => {
        const at = place % (all.length + 1);
        return all.slice(0, at) + (more ? char : "") + all.slice(at + (more ? 0 : 1));
      }, found),
    ),
  },
);
