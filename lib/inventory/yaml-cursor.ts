// A place in a YAML text, and the characters that libyaml tells apart there.

/** Where reading has come to. */
export interface Cursor {
  /** The text with a zero behind it, which no YAML text may hold. */
  readonly text: string;
  position: number;
  /** Counted from 0. */
  line: number;
  lineStart: number;
}

/** What is wrong with a text, at a position of it. */
export class YamlProblem extends Error {
  readonly position: number;
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

export function column(cursor: Cursor): number {
  return cursor.position - cursor.lineStart;
}

/** The character `ahead` of the cursor. */
export function charAt(cursor: Cursor, ahead = 0): number {
  return cursor.text.charCodeAt(cursor.position + ahead);
}

/** YAML 1.1's line ends: line feed, carriage return, next line, line and paragraph separator. */
export function isBreak(char: number): boolean {
  return char === 10 || char === 13 || char === 0x85 || char === 0x2028 || char === 0x2029;
}

export function isBlank(char: number): boolean {
  return char === 32 || char === 9;
}

/** Blank, end of line, end of text. */
export function isGap(char: number): boolean {
  return char === 32 || char === 10 || char === 0 || isBlank(char) || isBreak(char);
}

export function isBreakOrEnd(char: number): boolean {
  return char === 10 || char === 0 || isBreak(char);
}

/** Letters, digits, `_` and `-`: what anchors and handles of tags are made of. */
export function isWordChar(char: number): boolean {
  return (
    (char >= 97 && char <= 122) ||
    (char >= 65 && char <= 90) ||
    (char >= 48 && char <= 57) ||
    char === 95 ||
    char === 45
  );
}

/** Moves over a line end, if there is one; what it means as text. */
export function takeBreak(cursor: Cursor): string {
  const char = charAt(cursor);
  if (!isBreak(char)) return "";
  cursor.position += char === 13 && charAt(cursor, 1) === 10 ? 2 : 1;
  cursor.line++;
  cursor.lineStart = cursor.position;
  return char === 0x2028 ? "\u2028" : char === 0x2029 ? "\u2029" : "\n";
}

/** Whether `---` or `...` stands here, at the beginning of a line. */
export function atDocumentMark(cursor: Cursor): boolean {
  if (cursor.position !== cursor.lineStart) return false;
  const char = charAt(cursor);
  return (
    (char === 45 || char === 46) &&
    charAt(cursor, 1) === char &&
    charAt(cursor, 2) === char &&
    isGap(charAt(cursor, 3))
  );
}

/** Line ends within a text, as they are folded: one is a blank, more are one less. */
export function folded(first: string, more: string): string {
  if (first !== "\n") return first + more;
  return more === "" ? " " : more;
}

const NON_PRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: YAML says which are allowed
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Where the first character stands that no YAML text may hold; -1 for none. */
export function controlCharacter(text: string): number {
  return text.search(NON_PRINTABLE);
}
