// Tokens of a template, read one after the other.

import type { TemplateError } from "./results.ts";
import { type Token, trouble } from "./syntax.ts";

/** Tokens of one template, and how far they were read. */
export interface Reader {
  readonly source: string;
  /** The token that comes next, or the one after. */
  peek(ahead?: number): Token;
  /** Takes the next token. */
  take(): Token;
  /** Takes it if it is this sign or word. */
  skip(text: string): boolean;
  /** @throws TemplateError when the next token is another one */
  expect(text: string): Token;
  name(): string;
  fail(what?: string): TemplateError;
}

export function createReader(source: string, tokens: readonly Token[]): Reader {
  let index = 0;
  const end: Token = { type: "end", text: "", at: source.length };
  const reader: Reader = {
    source,
    peek: (ahead = 0) => tokens[index + ahead] ?? end,
    take: () => tokens[index++] ?? end,
    skip(text) {
      const found = isToken(reader.peek(), text);
      if (found) index++;
      return found;
    },
    expect(text) {
      if (!isToken(reader.peek(), text)) throw reader.fail(`expected ${text}`);
      return reader.take();
    },
    name() {
      if (reader.peek().type !== "name") throw reader.fail("expected a name");
      return reader.take().text;
    },
    fail: (what) =>
      trouble(source, reader.peek().at, what ?? `unexpected ${reader.peek().text || "end of the template"}`),
  };
  return reader;
}

export function isToken({ type, text }: Token, wanted: string): boolean {
  return text === wanted && type !== "string" && type !== "text";
}
