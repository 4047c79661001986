// The YAML that most vars files are: `name: value` lines with plain values, lists and mappings in a line. Read ten times
// faster than by the whole grammar; whatever is not plainly that is left to it.

import { define } from "./keys.ts";
import { float } from "./scalars.ts";
import { forShortRuns } from "./short-runs.ts";
import type { Value } from "./types.ts";
import { booleanOf, floatOf, intOf, timestampOf } from "./yaml-scalars.ts";

const KEY = /([A-Za-z_]\w{0,999}): +/y;
/** Words that mean only themselves, wherever they stand: no quotes, colons, commas, brackets, signs or blanks. */
const WORD = /[A-Za-z0-9_/][\w./+-]*|-[0-9][\w.]*/y;
const QUOTED = /"[^"\\\n]*"|'[^'\n]*'/y;
const WHOLE = /^(?:0|[1-9]\d{0,14})$/;
const DECIMAL = /^(?:0|[1-9]\d{0,14})\.\d{1,15}$/;
const NULL = /^(?:null|Null|NULL)$/;
/** Lists and mappings in a line are kept by their text, up to so many: where hosts have the same one, it is one. */
const KEPT = 1000;
const kept = new Map<string, Value>();
/** Names of the last text, line by line: the next host's file mostly has the same. */
let expected: string[] = [];

/** Where in a text the next character to read is. */
interface Cursor {
  readonly text: string;
  at: number;
}

/** What `text` holds; undefined when it needs the whole grammar. */
export function parseSimpleYaml(text: string): Value | undefined {
  if (!/^(?:---\n)?[A-Za-z_]/.test(text) || !/^[ -~\n]*$/.test(text)) return undefined;
  if (text.lastIndexOf("---") > 0) return undefined;
  const found: Record<string, Value> = {};
  const names: string[] = [];
  const cursor = { text, at: text.startsWith("-") ? 4 : 0 };
  while (cursor.at < text.length) {
    const line = text.indexOf("\n", cursor.at);
    const end = line === -1 ? text.length : line;
    if (cursor.at < end && text[cursor.at] !== "#") {
      const name = expectedAt(cursor, expected[names.length]) ?? keyAt(cursor);
      if (name === undefined || Object.hasOwn(found, name)) return undefined;
      const value = valueAt(cursor, end);
      if (value === undefined) return undefined;
      define(found, name, value);
      names.push(name);
      skipBlanks(cursor);
      if (cursor.at !== end) return undefined;
    }
    cursor.at = end + 1;
  }
  expected = names;
  return found;
}

/** Reads `name: `; undefined when something else is there, or more blanks. */
function expectedAt(cursor: Cursor, name: string | undefined): string | undefined {
  if (name === undefined || !cursor.text.startsWith(name, cursor.at)) return undefined;
  const end = cursor.at + name.length;
  if (cursor.text[end] !== ":" || cursor.text[end + 1] !== " " || cursor.text[end + 2] === " ")
    return undefined;
  cursor.at = end + 2;
  return name;
}

/** Reads `name: `; undefined when there is none, or when the name is no text to YAML. */
function keyAt(cursor: Cursor): string | undefined {
  KEY.lastIndex = cursor.at;
  const name = KEY.exec(cursor.text)?.[1];
  if (name === undefined || NULL.test(name) || booleanOf(name) !== undefined) return undefined;
  cursor.at = KEY.lastIndex;
  return name;
}

/** Reads a value in a line that ends at `end`. */
function valueAt(cursor: Cursor, end: number): Value | undefined {
  const { text, at } = cursor;
  if (text[at] !== "[" && text[at] !== "{") return scalarAt(cursor);
  const whole = text.slice(at, end);
  const known = kept.get(whole);
  if (known !== undefined) {
    cursor.at = end;
    return known;
  }
  const value = nodeAt(cursor);
  skipBlanks(cursor);
  if (value !== undefined && cursor.at === end && kept.size < KEPT) kept.set(whole, value);
  return value;
}

/** Reads a value within brackets. */
function nodeAt(cursor: Cursor): Value | undefined {
  const open = cursor.text[cursor.at];
  return open === "[" ? itemsAt(cursor) : open === "{" ? entriesAt(cursor) : scalarAt(cursor);
}

function itemsAt(cursor: Cursor): Value | undefined {
  const found: Value[] = [];
  do {
    skipBlanks(cursor, 1);
    const value = nodeAt(cursor);
    if (value === undefined) return undefined;
    found.push(value);
    skipBlanks(cursor);
  } while (cursor.text[cursor.at] === ",");
  return closes(cursor, "]") ? found : undefined;
}

function entriesAt(cursor: Cursor): Value | undefined {
  const found: Record<string, Value> = {};
  do {
    skipBlanks(cursor, 1);
    const name = keyAt(cursor);
    const value = name === undefined || Object.hasOwn(found, name) ? undefined : nodeAt(cursor);
    if (name === undefined || value === undefined) return undefined;
    define(found, name, value);
    skipBlanks(cursor);
  } while (cursor.text[cursor.at] === ",");
  return closes(cursor, "}") ? found : undefined;
}

function closes(cursor: Cursor, bracket: string): boolean {
  return cursor.text[cursor.at++] === bracket;
}

/** Goes on by `over` characters and then to what is no blank. */
function skipBlanks(cursor: Cursor, over = 0): void {
  cursor.at += over;
  while (cursor.text[cursor.at] === " ") cursor.at++;
}

function scalarAt(cursor: Cursor): Value | undefined {
  const { text, at } = cursor;
  WORD.lastIndex = at;
  if (WORD.test(text)) {
    cursor.at = WORD.lastIndex;
    return wordValue(text.slice(at, cursor.at));
  }
  QUOTED.lastIndex = at;
  if (!QUOTED.test(text)) return undefined;
  cursor.at = QUOTED.lastIndex;
  return text.slice(at + 1, cursor.at - 1);
}

function wordValue(word: string): Value | undefined {
  if (WHOLE.test(word)) return Number(word);
  if (DECIMAL.test(word)) return float(Number(word));
  if (/^[-0-9]/.test(word)) {
    const value = intOf(word) ?? floatOf(word) ?? timestampOf(word) ?? word;
    // An integer without digits, a day that no calendar has: the grammar tells where.
    return typeof value !== "string" && Number.isNaN(Number(value)) ? undefined : value;
  }
  return NULL.test(word) ? null : (booleanOf(word) ?? word);
}

forShortRuns(parseSimpleYaml, valueAt, nodeAt, entriesAt, wordValue);
