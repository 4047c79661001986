// Where a YAML text's blocks begin and end, by indentation, and which of its tokens are keys.

import { type Cursor, column, YamlProblem } from "./yaml-cursor.ts";
import type { Directive, Tag } from "./yaml-tags.ts";
import type { Scalar } from "./yaml-texts.ts";

export type Token =
  | { readonly type: Sign; readonly at: number }
  | { readonly type: "scalar"; readonly at: number; readonly plain: boolean; readonly scalar: Scalar }
  | { readonly type: "alias" | "anchor"; readonly at: number; readonly end: number }
  | { readonly type: "tag"; readonly at: number; readonly end: number; readonly tag: Tag }
  | { readonly type: "directive"; readonly at: number; readonly directive: Directive };

/** `list` and `map` open what is told by indentation, `out` closes it. */
export type Sign =
  | "["
  | "]"
  | "{"
  | "}"
  | ","
  | "-"
  | "?"
  | ":"
  | "list"
  | "map"
  | "out"
  | "---"
  | "..."
  | "end";

/** What turns out to be a key when a colon follows. */
interface PossibleKey {
  /** Number of its first token, counted over the whole text. */
  readonly token: number;
  readonly at: number;
  readonly line: number;
  readonly column: number;
  /** Whether nothing else than a key can stand there. */
  readonly required: boolean;
}

/** YAML's limit for keys without `?`, in characters. */
const LONGEST_KEY = 1024;
/** libyaml's limit for brackets in brackets. */
const DEEPEST = 1000;

/** Tokens found and not yet taken, with what decides on the next ones. Its rules are libyaml's. */
export class Layout {
  readonly cursor: Cursor;
  /** Whether a key can begin at the next token. */
  keyAllowed = true;
  /** Of the innermost block; -1 outside of all. */
  indent = -1;
  readonly #indents: number[] = [];
  #tokens: Token[] = [];
  /** Tokens taken of `#tokens`, and before them. */
  #head = 0;
  #dropped = 0;
  /** One for each level of brackets; the first is for blocks. */
  readonly #keys: (PossibleKey | undefined)[] = [undefined];
  #depth = 0;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  /** Whether we are within brackets. */
  get flow(): boolean {
    return this.#depth > 0;
  }

  add(token: Token): void {
    this.#tokens.push(token);
  }

  /** The next token; undefined when it isn't known yet, for it may be a key. */
  known(): Token | undefined {
    if (this.#head >= this.#tokens.length) return undefined;
    this.dropOldKeys();
    const next = this.#dropped + this.#head;
    for (let level = 0; level <= this.#depth; level++)
      if (this.#keys[level]?.token === next) return undefined;
    return this.#tokens[this.#head];
  }

  take(): void {
    this.#head++;
    if (this.#head < this.#tokens.length) return;
    this.#dropped += this.#head;
    this.#tokens = [];
    this.#head = 0;
  }

  /** From here on, what was remembered is no key. */
  forgetKey(): void {
    const key = this.#keys[this.#depth];
    if (key === undefined) return;
    if (key.required) throw new YamlProblem("expected ':' behind this key", key.at);
    this.#keys[this.#depth] = undefined;
  }

  /** What begins here may be a key. */
  rememberKey(): void {
    if (!this.keyAllowed) return;
    this.forgetKey();
    const place = column(this.cursor);
    const { position: at, line } = this.cursor;
    const required = this.#depth === 0 && this.indent === place;
    this.#keys[this.#depth] = { token: this.#end, at, line, column: place, required };
  }

  /** Keys stand in one line, and aren't long. */
  dropOldKeys(): void {
    for (let level = 0; level <= this.#depth; level++) {
      const key = this.#keys[level];
      if (key === undefined || (key.line === this.cursor.line && !isLong(this.cursor, key.at))) continue;
      if (key.required) throw new YamlProblem("expected ':' behind this key", key.at);
      this.#keys[level] = undefined;
    }
  }

  /** At a colon: whether what was remembered is a key, which it now is. */
  settleKey(): boolean {
    const key = this.#keys[this.#depth];
    if (key === undefined) return false;
    this.#insert(key.token, { type: "?", at: key.at });
    this.#openBlock("map", key.column, key.token, key.at);
    this.#keys[this.#depth] = undefined;
    return true;
  }

  /** Opens a block here, unless we are in one that is indented as much. */
  openBlock(type: "list" | "map"): void {
    this.#openBlock(type, column(this.cursor), this.#end, this.cursor.position);
  }

  /** Closes the blocks that are indented by more than `place`. */
  closeBlocks(place: number): void {
    if (this.#depth > 0) return;
    for (; this.indent > place; this.indent = this.#indents.pop() ?? -1)
      this.add({ type: "out", at: this.cursor.position });
  }

  openBracket(): void {
    if (++this.#depth > DEEPEST) throw new YamlProblem("brackets in too many brackets", this.cursor.position);
    this.#keys[this.#depth] = undefined;
  }

  closeBracket(): void {
    if (this.#depth > 0) this.#depth--;
  }

  /** The number of the next token to be found. */
  get #end(): number {
    return this.#dropped + this.#tokens.length;
  }

  #insert(number: number, token: Token): void {
    this.#tokens.splice(number - this.#dropped, 0, token);
  }

  #openBlock(type: "list" | "map", place: number, number: number, at: number): void {
    if (this.#depth > 0 || this.indent >= place) return;
    this.#indents.push(this.indent);
    this.indent = place;
    this.#insert(number, { type, at });
  }
}

function isLong({ text, position }: Cursor, from: number): boolean {
  return position - from > LONGEST_KEY && [...text.slice(from, position)].length > LONGEST_KEY;
}

/** What a message calls a token. */
export function tokenName(token: Token): string {
  if (token.type === "end") return "the end of the text";
  if (token.type === "out") return "a line that is indented less";
  if (token.type === "list" || token.type === "map") return "a block";
  return /^\w/.test(token.type) ? `this ${token.type}` : `'${token.type}'`;
}
