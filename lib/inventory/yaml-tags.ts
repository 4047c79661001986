// Anchors, tags and directives in a YAML text, with libyaml's rules for what they are made of.

import {
  type Cursor,
  charAt,
  isBlank,
  isBreakOrEnd,
  isGap,
  isWordChar,
  takeBreak,
  YamlProblem,
} from "./yaml-cursor.ts";

/** `!e!name` is handle `!e!` and suffix `name`; verbatim ones have no handle. */
export interface Tag {
  readonly handle: string;
  readonly suffix: string;
}

export type Directive =
  | { readonly kind: "yaml"; readonly version: string }
  | { readonly kind: "tag"; readonly handle: string; readonly prefix: string };

const URI = /(?:[\w\-;/?:@&=+$.!~*'()]|%[\dA-Fa-f]{2})*/y;
const VERBATIM = /(?:[\w\-;/?:@&=+$.!~*'(),[\]]|%[\dA-Fa-f]{2})*/y;

/** Moves over `&name` or `*name`. */
export function readName(cursor: Cursor): void {
  const start = cursor.position++;
  while (isWordChar(charAt(cursor))) cursor.position++;
  const after = charAt(cursor);
  if (cursor.position === start + 1 || !(isGap(after) || "?:,]}%@`".includes(String.fromCharCode(after))))
    throw new YamlProblem("the name of an anchor is made of letters, digits, - and _", start);
}

export function readTag(cursor: Cursor, flow: boolean): Tag {
  const start = cursor.position;
  const tag = charAt(cursor, 1) === 60 ? verbatimTag(cursor) : shortTag(cursor);
  if (!(isGap(charAt(cursor)) || (flow && charAt(cursor) === 44)))
    throw new YamlProblem("a blank must follow a tag", start);
  return tag;
}

function verbatimTag(cursor: Cursor): Tag {
  cursor.position += 2;
  const suffix = readUri(cursor, VERBATIM);
  if (charAt(cursor) !== 62) throw new YamlProblem("this tag is never closed with '>'", cursor.position);
  cursor.position++;
  return { handle: "", suffix };
}

function shortTag(cursor: Cursor): Tag {
  const handle = readHandle(cursor);
  if (handle.length > 1 && handle.endsWith("!")) return { handle, suffix: readUri(cursor, URI) };
  const suffix = handle.slice(1) + readUri(cursor, URI, { mayBeEmpty: true });
  return suffix === "" ? { handle: "", suffix: "!" } : { handle: "!", suffix };
}

/** `!`, `!!` or `!name!`, or `!name` without the last sign. */
function readHandle(cursor: Cursor): string {
  const start = cursor.position;
  if (charAt(cursor) !== 33) throw new YamlProblem("a tag begins with '!'", start);
  cursor.position++;
  while (isWordChar(charAt(cursor))) cursor.position++;
  if (charAt(cursor) === 33) cursor.position++;
  return cursor.text.slice(start, cursor.position);
}

function readUri(cursor: Cursor, pattern: RegExp, { mayBeEmpty = false } = {}): string {
  pattern.lastIndex = cursor.position;
  const found = pattern.exec(cursor.text)?.[0] ?? "";
  const start = cursor.position;
  cursor.position += found.length;
  if ((found === "" && !mayBeEmpty) || charAt(cursor) === 37)
    throw new YamlProblem("expected the name of a tag", start);
  try {
    return decodeURIComponent(found);
  } catch (error) {
    if (error instanceof URIError) throw new YamlProblem("this tag is no UTF-8", start);
    throw error;
  }
}

/** The directive at the cursor, which stands in a line of its own. */
export function readDirective(cursor: Cursor): Directive {
  const start = cursor.position++;
  const name = readWhile(cursor, isWordChar);
  if (!isGap(charAt(cursor)) || (name !== "YAML" && name !== "TAG"))
    throw new YamlProblem(`%${name} is no directive of YAML's`, start);
  readWhile(cursor, isBlank);
  const directive = name === "YAML" ? yamlDirective(cursor, start) : tagDirective(cursor, start);
  readWhile(cursor, isBlank);
  if (charAt(cursor) === 35) readWhile(cursor, (char) => !isBreakOrEnd(char));
  if (!isBreakOrEnd(charAt(cursor))) throw new YamlProblem(`more than %${name} takes`, cursor.position);
  takeBreak(cursor);
  return directive;
}

function yamlDirective(cursor: Cursor, start: number): Directive {
  const version = readWhile(cursor, (char) => char === 46 || (char >= 48 && char <= 57));
  const [, major, minor] = /^(\d{1,9})\.(\d{1,9})$/.exec(version) ?? [];
  if (Number(major) !== 1 || (Number(minor) !== 1 && Number(minor) !== 2))
    throw new YamlProblem("%YAML must be 1.1 or 1.2", start);
  return { kind: "yaml", version };
}

function tagDirective(cursor: Cursor, start: number): Directive {
  const handle = readHandle(cursor);
  if (handle.length > 1 && !handle.endsWith("!")) throw new YamlProblem("a tag's handle ends in '!'", start);
  if (!isBlank(charAt(cursor))) throw new YamlProblem("a blank must follow a tag's handle", start);
  readWhile(cursor, isBlank);
  const prefix = readUri(cursor, VERBATIM);
  if (!isGap(charAt(cursor))) throw new YamlProblem("a blank must follow a tag's prefix", start);
  return { kind: "tag", handle, prefix };
}

function readWhile(cursor: Cursor, fits: (char: number) => boolean): string {
  const start = cursor.position;
  while (fits(charAt(cursor))) cursor.position++;
  return cursor.text.slice(start, cursor.position);
}
