// Text of a template → tokens, as Jinja's lexer cuts it with Ansible's settings (trim_blocks).

import { unescaped } from "./literal.ts";
import { TemplateError } from "./results.ts";

export interface Token {
  readonly type: "text" | "open" | "close" | "name" | "string" | "integer" | "float" | "sign" | "end";
  /** `{{`, `{%`, `}}` and `%}` of what opens and closes; else as it is in the text, of a string with its quotes. */
  readonly text: string;
  /** Where in the source, for messages and for {@link doubleBackslashes}. */
  readonly at: number;
}

const OPENING = /\{%([-+]?)\s*raw\s*(?:-%\}\s*|%\})|\{\{[-+]?|\{%[-+]?|\{#[-+]?/g;
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;
const COMMENT_END = /(?:\+#\}|-#\}\s*|#\}\n?)/g;
const CLOSING = {
  "{%": /(?:\+%\}|-%\}\s*|%\}\n?)/y,
  "{{": /(?:-\}\}\s*|\}\})/y,
};
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}\p{Pc}]*/uy;
const STRING = /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const SIGN = /\/\/|\*\*|==|!=|<=|>=|[-+/*%~[\](){}<>=.:|,;]/y;
const CLOSES: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** @throws TemplateError where Jinja has a syntax error */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const text = source.endsWith("\n") ? source.slice(0, -1) : source;
  let at = 0;
  /** Text before an opening; `{%-` takes the white space before it away. */
  const textUntil = (end: number, opening: string | undefined) => {
    const piece = opening === "-" ? text.slice(at, end).trimEnd() : text.slice(at, end);
    if (piece !== "") tokens.push({ type: "text", text: piece, at });
  };
  while (at < text.length) {
    const opening = from(OPENING, text, at);
    if (opening === null) {
      textUntil(text.length, undefined);
      break;
    }
    const [found, rawSign] = opening;
    const kind = found.slice(0, 2);
    textUntil(opening.index, rawSign ?? found[2]);
    at = opening.index + found.length;
    if (rawSign !== undefined) {
      const end = from(RAW_END, text, at);
      if (end === null) throw new TemplateError("not a template: {% raw %} is never closed");
      textUntil(end.index, end[1]);
      at = end.index + end[0].length;
    } else if (kind === "{#") {
      const end = from(COMMENT_END, text, at);
      if (end === null) throw new TemplateError("not a template: {# is never closed");
      at = end.index + end[0].length;
    } else {
      tokens.push({ type: "open", text: kind, at: opening.index });
      at = inside(text, at, kind as keyof typeof CLOSING, tokens);
    }
  }
  return tokens;
}

/** Tokens between `{{` and `}}` or `{%` and `%}`; where they end. */
function inside(text: string, start: number, kind: keyof typeof CLOSING, tokens: Token[]): number {
  const open: string[] = [];
  let at = start;
  while (at < text.length) {
    const close = open.length === 0 ? from(CLOSING[kind], text, at) : null;
    if (close !== null) {
      tokens.push({ type: "close", text: kind === "{%" ? "%}" : "}}", at });
      return at + close[0].length;
    }
    const space = from(/\s+/y, text, at);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const token = next(text, at);
    if (token === undefined) throw trouble(text, at, `unexpected ${text.slice(at, at + 1)}`);
    if (token.type === "sign") {
      const closing = CLOSES[token.text];
      if (closing !== undefined) open.push(closing);
      else if (/^[\])}]$/.test(token.text) && open.pop() !== token.text)
        throw trouble(text, at, `unexpected ${token.text}`);
    }
    tokens.push(token);
    at += token.text.length;
  }
  throw trouble(text, start, `${kind} is never closed`);
}

function next(text: string, at: number): Token | undefined {
  for (const [type, pattern] of [
    ["float", FLOAT],
    ["integer", INTEGER],
    ["name", NAME],
    ["string", STRING],
    ["sign", SIGN],
  ] as const) {
    const found = from(pattern, text, at);
    if (found !== null) return { type, text: found[0], at };
  }
  return undefined;
}

function from(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

export function trouble(text: string, at: number, what: string): TemplateError {
  const around = text.slice(Math.max(0, at - 20), at + 20).trim();
  return new TemplateError(`not a template: ${what} near '${around}'`);
}

/**
 * `source` with backslashes doubled in the strings between `{{ }}`: Ansible does that too, so that '\1' and '\d' need
 * no second backslash. In `{% %}` they are left alone.
 */
export function doubleBackslashes(source: string): string {
  if (!source.includes("\\") || !source.includes("{{")) return source;
  let [out, done, expression] = ["", 0, false];
  for (const { type, text, at } of tokenize(source)) {
    if (type === "open") expression = text === "{{";
    if (type !== "string" || !expression) continue;
    out += source.slice(done, at) + text.replaceAll("\\", "\\\\");
    done = at + text.length;
  }
  return out + source.slice(done);
}

/** What a string token means. */
export function stringOf(token: Token): string {
  return unescaped(token.text.slice(1, -1));
}
