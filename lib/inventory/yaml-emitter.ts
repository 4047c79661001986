// The layout of YAML as libyaml writes it, which is how Ansible does: columns, folded lines, quotes.

import { type ScalarLook, scalarLook } from "./yaml-look.ts";

const NAMED: Readonly<Record<number, string>> = {
  ...{ 0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", 34: '"', 92: "\\" },
  ...{ 133: "N", 160: "_", 8232: "L", 8233: "P" },
};

export interface ScalarStyle {
  /** Written before it; then the text is a literal block. */
  readonly tag?: string | undefined;
  /** Whether it may stand without quotes: a reader would take it for what it is. */
  readonly plain: boolean;
  readonly isKey: boolean;
  /** Between brackets or braces, where more signs mean something. */
  readonly flow?: boolean | undefined;
}

export interface Layout {
  /** Columns a level of the document stands right of the one it is in. */
  readonly step: number;
  /** Lines longer than this are folded at the next single blank, where the style of the text allows. */
  readonly width: number;
}

export type Emitter = ReturnType<typeof createEmitter>;

/** Writes tokens of a document; `text()` is what was written. */
export function createEmitter({ step, width: longest }: Layout) {
  const parts: string[] = [];
  let column = 0;
  /** What was written last parts words. */
  let whitespace = true;
  /** Since the line began there was nothing but blanks, `-`, `?` and `:`. */
  let indention = true;

  const put = (text: string, width = text.length) => {
    parts.push(text);
    column += width;
  };
  const lineBreak = (text = "\n") => {
    parts.push(text);
    column = 0;
  };
  const indicator = (text: string, needsSpace: boolean, isSpace = false, isIndention = false) => {
    if (needsSpace && !whitespace) put(" ");
    put(text);
    whitespace = isSpace;
    indention = indention && isIndention;
  };
  const newLine = (indent: number) => {
    if (!indention || column > indent || (column === indent && !whitespace)) lineBreak();
    if (column < indent) put(" ".repeat(indent - column));
    whitespace = true;
    indention = true;
  };

  const plainOrSingle = (value: string, quote: "" | "'", indent: number, folds: boolean) => {
    const chars = [...value];
    let spaces = false;
    let breaks = false;
    if (quote === "'") indicator(quote, true);
    else if (!whitespace && value !== "") put(" ");
    for (const [at, char] of chars.entries()) {
      if (char === " ") {
        const inside = quote === "" || (at > 0 && at < chars.length - 1);
        if (folds && !spaces && column > longest && inside && chars[at + 1] !== " ") newLine(indent);
        else put(char);
        spaces = true;
      } else if (isBreak(char)) {
        if (!breaks && char === "\n") lineBreak();
        lineBreak(char);
        indention = true;
        breaks = true;
      } else {
        if (breaks) newLine(indent);
        put(char === quote ? "''" : char, char === quote ? 2 : 1);
        indention = spaces = breaks = false;
      }
    }
    if (breaks && quote === "'") newLine(indent);
    if (quote === "'") indicator(quote, false);
    whitespace = indention = false;
  };
  const double = (value: string, indent: number, folds: boolean) => {
    const chars = [...value];
    let spaces = false;
    indicator('"', true);
    for (const [at, char] of chars.entries()) {
      if (char === " ") {
        if (folds && !spaces && column > longest && at > 0 && at < chars.length - 1) {
          newLine(indent);
          if (chars[at + 1] === " ") put("\\");
        } else put(char);
        spaces = true;
        continue;
      }
      put(isEscaped(char) ? escaped(char) : char, isEscaped(char) ? undefined : 1);
      spaces = false;
    }
    indicator('"', false);
    whitespace = indention = false;
  };
  const literal = (value: string, indent: number) => {
    const first = /^[ \n\x85\u2028\u2029]/.test(value) ? String(step) : "";
    const last = !/[\n\r\x85\u2028\u2029]$/.test(value) ? "-" : /(?:^|\n)\n$/.test(value) ? "+" : "";
    indicator(`|${first}${last}`, true);
    lineBreak();
    indention = whitespace = true;
    let breaks = true;
    for (const char of value) {
      if (isBreak(char)) lineBreak(char);
      else {
        if (breaks) newLine(indent);
        put(char, 1);
      }
      indention = breaks = isBreak(char);
    }
  };

  return {
    indicator,
    newLine,
    /** Whether the next thing stands at the beginning of its line. */
    atLineStart: () => indention,
    /** Whether the line is full: what comes next, between brackets, is to have its own. */
    lineIsFull: () => column > longest,
    anchor: (name: string) => indicator(name, true),
    /** `indent` is that of the line it stands in. */
    scalar(value: string, indent: number, { tag, plain, isKey, flow = false }: ScalarStyle) {
      const inner = indent < 0 ? step : indent + step;
      if (tag !== undefined) indicator(tag, true);
      const literally = tag !== undefined && !flow;
      const style = literally ? "|" : quoteOf(value, scalarLook(value), { tag, plain, isKey, flow });
      if (style === "|") literal(value, inner);
      else if (style === '"') double(value, inner, !isKey);
      else plainOrSingle(value, style, inner, !isKey);
    },
    text: () => parts.join(""),
  };
}

function quoteOf(value: string, look: ScalarLook, { tag, plain, isKey, flow }: ScalarStyle): "" | "'" | '"' {
  if (tag !== undefined || (isKey && look.multiline)) return '"';
  const allowed = flow ? look.flowPlainAllowed : look.plainAllowed;
  if (plain && allowed && !(value === "" && isKey)) return "";
  return look.singleAllowed ? "'" : '"';
}

function isBreak(char: string): boolean {
  return /^[\n\r\x85\u2028\u2029]$/.test(char);
}

function isEscaped(char: string): boolean {
  return /["\\\n\r\x85\u2028\u2029\ufeff]|[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]/u.test(char);
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const name = NAMED[code];
  if (name !== undefined) return `\\${name}`;
  const [letter, width] = code <= 0xff ? ["x", 2] : code <= 0xffff ? ["u", 4] : ["U", 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(Number(width), "0")}`;
}
