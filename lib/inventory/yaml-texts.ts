// Scalars in a YAML text: plain, quoted and block ones, each with libyaml's rules for where it ends and what is folded.

import {
  atDocumentMark,
  type Cursor,
  charAt,
  column,
  folded,
  isBlank,
  isBreak,
  isBreakOrEnd,
  isGap,
  takeBreak,
  YamlProblem,
} from "./yaml-cursor.ts";

/** A scalar's text: a stretch of the source where it stands there as it is, else `value`. */
export interface Scalar {
  readonly start: number;
  readonly end: number;
  /** Undefined where `start` to `end` of the source is the text. */
  readonly value: string | undefined;
  /** Whether reading it has come to a line of its own, where a key may stand. */
  readonly lineEnded: boolean;
}

const COLON = 58;

/** A plain scalar within a block that is indented by `indent`, or within brackets (`flow`). */
export function readPlain(cursor: Cursor, indent: number, flow: boolean): Scalar {
  const { text, position: start } = cursor;
  let value: string | undefined;
  for (;;) {
    const from = cursor.position;
    skipPlainWord(cursor, flow);
    const end = cursor.position;
    if (value !== undefined) value += text.slice(from, end);
    const gap = readGap(cursor, indent);
    // Only a word that follows makes the gap part of the text.
    const outside = !flow && column(cursor) <= indent;
    if (outside || atDocumentMark(cursor) || cursor.position === end || endsPlain(cursor, flow))
      return { start, end, value, lineEnded: gap !== undefined };
    if (gap !== undefined) value = (value ?? text.slice(start, end)) + gap;
    else if (value !== undefined) value += text.slice(end, cursor.position);
  }
}

function skipPlainWord(cursor: Cursor, flow: boolean): void {
  const { text } = cursor;
  let at = cursor.position;
  for (; ; at++) {
    const char = text.charCodeAt(at);
    if (char > 93 && char < 123) continue; // most are lower-case letters
    if (isGap(char)) break;
    if (char === COLON) {
      const next = text.charCodeAt(at + 1);
      if (isGap(next)) break;
      if (flow && (isFlowSign(next) || next === 63))
        throw new YamlProblem("a colon that PyYAML refuses within [] or {}: put the text in quotes", at);
    } else if (flow && isFlowSign(char)) break;
  }
  cursor.position = at;
}

function endsPlain(cursor: Cursor, flow: boolean): boolean {
  const char = charAt(cursor);
  return (
    isGap(char) || char === 35 || (char === COLON && isGap(charAt(cursor, 1))) || (flow && isFlowSign(char))
  );
}

/** One of `,[]{}`. */
function isFlowSign(char: number): boolean {
  return char === 44 || char === 91 || char === 93 || char === 123 || char === 125;
}

/** Blanks and line ends behind a plain word: what they mean if another word follows, undefined for blanks in a line. */
function readGap(cursor: Cursor, indent: number): string | undefined {
  let first: string | undefined;
  let more = "";
  for (;;) {
    const char = charAt(cursor);
    if (isBlank(char)) {
      if (first !== undefined && char === 9 && column(cursor) <= indent)
        throw new YamlProblem("a tab where only spaces may indent", cursor.position);
      cursor.position++;
    } else if (isBreak(char)) {
      if (first === undefined) first = takeBreak(cursor);
      else more += takeBreak(cursor);
    } else return first === undefined ? undefined : folded(first, more);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ "0": "\0", a: "\x07", b: "\b", t: "\t", "\t": "\t", n: "\n", v: "\v", f: "\f", r: "\r", e: "\x1b" },
  ...{ " ": " ", '"': '"', "/": "/", "\\": "\\", N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029" },
};
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** The quoted scalar that opens at the cursor. */
export function readQuoted(cursor: Cursor): Scalar {
  const { text, position: opens } = cursor;
  const quote = charAt(cursor);
  cursor.position++;
  let value: string | undefined;
  let done = cursor.position;
  /** Adds what is read since the last time, and then `more`. */
  const add = (more: string, until = cursor.position) => {
    value = (value ?? "") + text.slice(done, until) + more;
  };
  for (;;) {
    const char = charAt(cursor);
    if (char === 0 || atDocumentMark(cursor)) throw new YamlProblem("this quotation is never closed", opens);
    if (char === quote && quote === 39 && charAt(cursor, 1) === 39) {
      add("'");
      cursor.position += 2;
      done = cursor.position;
    } else if (char === quote) break;
    else if (char === 92 && quote === 34) {
      add("");
      const escaped = isBreak(charAt(cursor, 1));
      if (escaped) {
        cursor.position++;
        takeBreak(cursor);
        value += skipBlankLines(cursor);
      } else value += readEscape(cursor);
      done = cursor.position;
    } else if (isBlank(char) || isBreak(char)) {
      const from = cursor.position;
      while (isBlank(charAt(cursor))) cursor.position++;
      if (!isBreak(charAt(cursor))) continue;
      add("", from);
      const first = takeBreak(cursor);
      value += folded(first, skipBlankLines(cursor));
      done = cursor.position;
    } else cursor.position++;
  }
  const end = cursor.position++;
  if (value !== undefined) value += text.slice(done, end);
  return { start: opens + 1, end, value, lineEnded: false };
}

/** Blanks and line ends within a quotation, behind a first line end: the line ends. */
function skipBlankLines(cursor: Cursor): string {
  let breaks = "";
  for (;;) {
    // A document's end within a quotation is told of where it stands.
    if (isBlank(charAt(cursor))) cursor.position++;
    else if (isBreak(charAt(cursor))) breaks += takeBreak(cursor);
    else return breaks;
  }
}

function readEscape(cursor: Cursor): string {
  const { text, position } = cursor;
  const code = text[position + 1] ?? "";
  const digits = HEX_DIGITS[code];
  cursor.position += 2 + (digits ?? 0);
  if (digits === undefined) {
    const char = ESCAPES[code];
    if (char === undefined) throw new YamlProblem(`\\${code} has no meaning in double quotes`, position);
    return char;
  }
  const hex = text.slice(position + 2, position + 2 + digits);
  const char = /^[\dA-Fa-f]+$/.test(hex) ? Number.parseInt(hex, 16) : -1;
  if (hex.length < digits || char < 0 || char > 0x10ffff || (char >= 0xd800 && char <= 0xdfff))
    throw new YamlProblem(`\\${code} must have ${digits} hexadecimal digits of a character`, position);
  return String.fromCodePoint(char);
}

/** The block scalar (`|` or `>`) at the cursor, within a block that is indented by `parent`. */
export function readBlock(cursor: Cursor, parent: number): Scalar {
  const { text, position: start } = cursor;
  const literal = charAt(cursor) === 124;
  const [header, sign = "", width = "", late = ""] = /[|>]([-+]?)([0-9]?)([-+]?)/y.exec(
    text.slice(start, start + 4),
  ) ?? [""];
  cursor.position += header.length - (sign !== "" && late !== "" ? 1 : 0);
  if (width === "0") throw new YamlProblem("a block can't be indented by 0", start);
  const chomping = sign === "" ? late : sign;
  while (isBlank(charAt(cursor))) cursor.position++;
  if (charAt(cursor) === 35) while (!isBreakOrEnd(charAt(cursor))) cursor.position++;
  if (!isBreakOrEnd(charAt(cursor)))
    throw new YamlProblem(`nothing but a comment may follow ${header} in its line`, cursor.position);
  takeBreak(cursor);
  let indent = width === "" ? 0 : Math.max(parent, 0) + Number(width);
  let breaks: string;
  [breaks, indent] = readBlockBreaks(cursor, indent, parent);
  let value = "";
  let last = "";
  let blankBefore = false;
  while (column(cursor) === indent && charAt(cursor) !== 0) {
    const blank = isBlank(charAt(cursor));
    if (!literal && last === "\n" && !blankBefore && !blank) value += breaks === "" ? " " : breaks;
    else value += last + breaks;
    blankBefore = blank;
    const from = cursor.position;
    let at = from;
    while (!isBreakOrEnd(text.charCodeAt(at))) at++;
    cursor.position = at;
    value += text.slice(from, at);
    last = takeBreak(cursor);
    [breaks] = readBlockBreaks(cursor, indent, parent);
  }
  if (chomping !== "-") value += last;
  if (chomping === "+") value += breaks;
  return { start, end: cursor.position, value, lineEnded: true };
}

/** Empty lines of a block, and the indentation of the next; where `indent` is 0 it is found out here. */
function readBlockBreaks(
  cursor: Cursor,
  indent: number,
  parent: number,
): readonly [breaks: string, indent: number] {
  let breaks = "";
  let widest = 0;
  for (;;) {
    while ((indent === 0 || column(cursor) < indent) && charAt(cursor) === 32) cursor.position++;
    widest = Math.max(widest, column(cursor));
    if ((indent === 0 || column(cursor) < indent) && charAt(cursor) === 9)
      throw new YamlProblem("a tab where only spaces may indent", cursor.position);
    if (!isBreak(charAt(cursor))) break;
    breaks += takeBreak(cursor);
  }
  return [breaks, indent === 0 ? Math.max(widest, parent + 1, 1) : indent];
}
