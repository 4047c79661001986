// YAML's tokens, as libyaml finds them: js-yaml follows YAML 1.2, which takes and refuses other texts than Ansible.

import {
  atDocumentMark,
  charAt,
  column,
  isBreakOrEnd,
  isGap,
  takeBreak,
  YamlProblem,
} from "./yaml-cursor.ts";
import { Layout, type Sign, type Token, tokenName } from "./yaml-layout.ts";
import { readDirective, readName, readTag } from "./yaml-tags.ts";
import { readBlock, readPlain, readQuoted } from "./yaml-texts.ts";

/** The tokens of a text, one after the other. */
export interface Tokens {
  /** The next one, which stays the next; `end` for ever at the end. */
  peek(): Token;
  take(): Token;
}

/** @throws YamlProblem from `peek` and `take`, where libyaml finds an error */
export function scan(source: string): Tokens {
  const start = source.startsWith("\ufeff") ? 1 : 0;
  const layout = new Layout({ text: `${source}\0`, position: start, line: 0, lineStart: start });
  let next: Token | undefined;
  let ended = false;
  const peek = (): Token => {
    if (next !== undefined) return next;
    for (next = layout.known(); next === undefined; next = layout.known()) {
      if (ended) throw new YamlProblem("the text ends too early", source.length);
      ended = fetch(layout);
    }
    return next;
  };
  const take = (): Token => {
    const token = peek();
    if (token.type === "end") return token;
    layout.take();
    next = undefined;
    return token;
  };
  return { peek, take };
}

/** Takes the next token, which must be of `type`; `problem` is what is wrong else. */
export function expectToken(tokens: Tokens, type: Token["type"], problem: string): void {
  const token = tokens.peek();
  if (token.type !== type) throw new YamlProblem(`${problem}, not ${tokenName(token)}`, token.at);
  tokens.take();
}

/** Takes the comma before an item that isn't the first; where the text ends instead, it is `bracket` that is wrong. */
export function nextItem(tokens: Tokens, { type, at }: Token, first: boolean): void {
  if (tokens.peek().type === "end") throw new YamlProblem(`this '${type}' is never closed`, at);
  if (!first) expectToken(tokens, ",", `expected ',' or '${type === "[" ? "]" : "}"}'`);
}

/** Finds at least one more token; whether it is the last. */
function fetch(layout: Layout): boolean {
  const { cursor } = layout;
  skipToToken(layout);
  layout.dropOldKeys();
  layout.closeBlocks(column(cursor));
  const char = charAt(cursor);
  if (char === 0) {
    closeAll(layout);
    sign(layout, "end", 0);
    cursor.line++; // what stands here is a key no more
    return true;
  }
  if (cursor.position === cursor.lineStart && (char === 37 || atDocumentMark(cursor))) outside(layout, char);
  else inside(layout, char);
  return false;
}

function skipToToken(layout: Layout): void {
  const { cursor, flow } = layout;
  for (;;) {
    if (charAt(cursor) === 0xfeff && column(cursor) === 0) cursor.position++;
    while (charAt(cursor) === 32 || (charAt(cursor) === 9 && (flow || !layout.keyAllowed))) cursor.position++;
    if (charAt(cursor) === 35) while (!isBreakOrEnd(charAt(cursor))) cursor.position++;
    if (takeBreak(cursor) === "") return;
    if (!flow) layout.keyAllowed = true;
  }
}

function sign(layout: Layout, type: Sign, length: number): void {
  layout.add({ type, at: layout.cursor.position });
  layout.cursor.position += length;
}

/** What ends a document, or comes before one. */
function closeAll(layout: Layout): void {
  layout.closeBlocks(-1);
  layout.forgetKey();
  layout.keyAllowed = false;
}

function outside(layout: Layout, char: number): void {
  closeAll(layout);
  const { cursor } = layout;
  const at = cursor.position;
  if (char === 37) layout.add({ type: "directive", at, directive: readDirective(cursor) });
  else sign(layout, char === 45 ? "---" : "...", 3);
}

function inside(layout: Layout, char: number): void {
  const { cursor, flow } = layout;
  const spaced = isGap(charAt(cursor, 1));
  if (char === 91) open(layout, "[");
  else if (char === 123) open(layout, "{");
  else if (char === 93) close(layout, "]");
  else if (char === 125) close(layout, "}");
  else if (char === 44) comma(layout);
  else if (char === 45 && spaced) introduce(layout, "-");
  else if (char === 63 && (flow || spaced)) introduce(layout, "?");
  else if (char === 58 && (flow || spaced)) colon(layout);
  else if (char === 38 || char === 42 || char === 33) property(layout, char);
  else if ((char === 124 || char === 62) && !flow) block(layout);
  else text(layout, char);
}

function comma(layout: Layout): void {
  layout.forgetKey();
  layout.keyAllowed = true;
  sign(layout, ",", 1);
}

function open(layout: Layout, type: "[" | "{"): void {
  layout.rememberKey();
  layout.openBracket();
  layout.keyAllowed = true;
  sign(layout, type, 1);
}

function close(layout: Layout, type: "]" | "}"): void {
  layout.forgetKey();
  layout.closeBracket();
  layout.keyAllowed = false;
  sign(layout, type, 1);
}

/** `-` and `?`, in front of what they introduce. */
function introduce(layout: Layout, type: "-" | "?"): void {
  if (!layout.flow) {
    if (!layout.keyAllowed) throw new YamlProblem(`'${type}' can't stand here`, layout.cursor.position);
    layout.openBlock(type === "-" ? "list" : "map");
  }
  layout.forgetKey();
  layout.keyAllowed = type === "-" || !layout.flow;
  sign(layout, type, 1);
}

function colon(layout: Layout): void {
  if (layout.settleKey()) layout.keyAllowed = false;
  else {
    if (!layout.flow) {
      if (!layout.keyAllowed)
        throw new YamlProblem("a ':' can't stand here: what is before it is no key", layout.cursor.position);
      layout.openBlock("map");
    }
    layout.keyAllowed = !layout.flow;
  }
  sign(layout, ":", 1);
}

/** % @ ` and, within brackets, | and >. */
const NO_TEXT: readonly number[] = [37, 64, 96, 124, 62];

function text(layout: Layout, char: number): void {
  const { cursor } = layout;
  const at = cursor.position;
  if (char === 9) throw new YamlProblem("a tab where only spaces may indent", at);
  if (NO_TEXT.includes(char))
    throw new YamlProblem(`no text can begin with '${String.fromCharCode(char)}'`, at);
  layout.rememberKey();
  const plain = char !== 39 && char !== 34;
  const scalar = plain ? readPlain(cursor, layout.indent, layout.flow) : readQuoted(cursor);
  layout.keyAllowed = scalar.lineEnded;
  layout.add({ type: "scalar", at, plain, scalar });
}

function block(layout: Layout): void {
  layout.forgetKey();
  const { cursor } = layout;
  const at = cursor.position;
  layout.add({ type: "scalar", at, plain: false, scalar: readBlock(cursor, layout.indent) });
  layout.keyAllowed = true;
}

function property(layout: Layout, char: number): void {
  const { cursor } = layout;
  const at = cursor.position;
  layout.rememberKey();
  layout.keyAllowed = false;
  if (char === 33) {
    const tag = readTag(cursor, layout.flow);
    layout.add({ type: "tag", at, end: cursor.position, tag });
  } else {
    readName(cursor);
    layout.add({ type: char === 42 ? "alias" : "anchor", at, end: cursor.position });
  }
}
