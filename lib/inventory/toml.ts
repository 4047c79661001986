// TOML as Python's tomllib reads it: Bun's reader, with what it would blur (1.0 and 1, long integers, dates) kept apart.

import { float, integer, isMapping } from "./scalars.ts";
import type { Value } from "./types.ts";
import { timestampOf } from "./yaml-scalars.ts";

/** Strings and comments; brackets; what could be a number or a date. */
const TOKENS =
  /"""(?:[^\\]|\\[\s\S])*?"""+|'''[\s\S]*?'''+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[[\]{}\n]|[^\s"'#[\]{},=]+(?: \d\d:\d\d(?::\d\d)?[^\s,\]}#]*)?/g;
const FLOAT = /^[-+]?(?:\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][-+]?\d[\d_]*)?|inf|nan)$/;
const DATE = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d|$)/;
/** Opens a string that stands for a number or a date; no TOML file has it. */
const MARK = "\u{f0000}";

/** What is wrong, and in which line (counted from 1) the key or table begins that can't be read. */
export class TomlError extends SyntaxError {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** @throws TomlError when it isn't TOML */
export function parseToml(text: string): Value {
  let data: unknown;
  try {
    data = Bun.TOML.parse(marked(text));
  } catch (error) {
    // Bun's reader throws its own kind of error, with the reason in the message.
    const message = error instanceof Error ? error.message : String(error);
    throw new TomlError(message.replace("TOML Parse error: ", ""), badLineOf(text));
  }
  return revived(data as Value);
}

/** Bun's reader doesn't tell where it stopped: it is the line after the longest beginning that can be read. */
function badLineOf(text: string): number {
  const lines = text.split("\n");
  for (let end = lines.length - 1; end > 0; end--) if (isToml(lines.slice(0, end).join("\n"))) return end + 1;
  return 1;
}

function isToml(text: string): boolean {
  try {
    Bun.TOML.parse(text);
    return true;
  } catch {
    return false; // the whole text's error is the one that is told
  }
}

/** Numbers and dates of values as marked strings. Keys and headers, which may look like them, stay. */
function marked(text: string): string {
  let depth = 0;
  let header = false;
  return text.replace(TOKENS, (token: string, at: number) => {
    if (token === "\n") {
      if (depth === 0) header = false;
      return token;
    }
    if (token === "[" && depth === 0 && /(?:^|\n)[ \t[]*$/.test(text.slice(Math.max(0, at - 80), at)))
      header = true;
    if (/^[[{]$/.test(token)) depth++;
    else if (/^[\]}]$/.test(token)) depth--;
    const isKey = header || /^\s*[=.]/.test(text.slice(at + token.length, at + token.length + 40));
    const isValue = !isKey && (DATE.test(token) || (FLOAT.test(token) && !/^[-+]?\d{1,15}$/.test(token)));
    return isValue && !/^[-+]?0\d/.test(token) ? `"${MARK}${token}"` : token;
  });
}

function revived(value: Value): Value {
  if (Array.isArray(value)) return value.map(revived);
  if (isMapping(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revived(item)]));
  if (typeof value !== "string" || !value.startsWith(MARK)) return value;
  const text = value.slice(MARK.length).replaceAll("_", "");
  if (DATE.test(text)) return timestampOf(text.replace("t", "T").replace("z", "Z")) ?? text;
  if (/^[-+]?\d+$/.test(text)) return integer(text);
  return float(Number(text.replace("inf", "Infinity").replace("nan", "NaN")));
}
