// `a=1 b='two words' c={{ x }}`: the key=value words of Ansible's command lines.

/** A quote or a block that is never closed. */
export class UnclosedError extends Error {}

export interface KeyValues {
  readonly values: readonly (readonly [name: string, value: string])[];
  /** Words that set nothing. */
  readonly free: readonly string[];
}

/**
 * What `text` sets, in order. Blanks within quotes or Jinja's braces part no words; `\n`, `\x41` and the like are decoded.
 * @throws UnclosedError
 * @see parse_kv in Ansible
 */
export function parseKeyValues(text: string): KeyValues {
  const values: [string, string][] = [];
  const free: string[] = [];
  for (const word of splitWords(text)) {
    const plain = decoded(word);
    const equals = /(?<=[^\\])=/.exec(plain)?.index;
    if (equals !== undefined)
      values.push([plain.slice(0, equals).trim(), unquoted(plain.slice(equals + 1).trim())]);
    else free.push(plain.includes("=") ? plain.replaceAll("\\=", "=") : word);
  }
  return { values, free };
}

/** Words that set nothing, as one text. */
export function joinFree(words: readonly string[]): string {
  return words.reduce(
    (text, word) => (text === "" || text.endsWith("\n") ? text + word : `${text} ${word}`),
    "",
  );
}

const BLOCKS = [
  ["{{", "}}"],
  ["{%", "%}"],
  ["{#", "#}"],
] as const;

/** Blanks at the end of a word stay there, lines end words but stay as well: as Ansible's split_args has it. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let quote = "";
  let depths: readonly number[] = BLOCKS.map(() => 0);
  const extend = (more: string) => {
    words.push((words.pop() ?? "") + more);
  };
  const lines = text.split("\n");
  for (const [row, line] of lines.entries()) {
    const tokens = line.split(" ");
    let goesOn = false;
    for (const [index, token] of tokens.entries()) {
      if (token === "" && index > 0) {
        if (words.length > 0) extend(" ");
        continue;
      }
      if (token === "\\" && quote === "") {
        goesOn = true;
        continue;
      }
      const wasQuoted = quote !== "";
      const wasInBlock = depths.some((depth) => depth > 0);
      quote = quoteAfter(token, quote);
      const after = BLOCKS.map(([open, close], at) => {
        return Math.max(0, (depths[at] ?? 0) + count(token, open) - count(token, close));
      });
      if (wasInBlock || wasQuoted) {
        if (index === 0 && wasQuoted) extend(token);
        else if (tokens.length > 1) extend((index > 0 ? " " : "") + token);
        else extend(`\n${token}`);
      } else if (token !== "") words.push(token);
      depths = after;
    }
    if (row < lines.length - 1 && !goesOn && words.length > 0) extend("\n");
  }
  if (quote !== "" || depths.some((depth) => depth > 0))
    throw new UnclosedError("a quote or {{ }} is not closed");
  return words;
}

function count(token: string, part: string): number {
  return token.split(part).length - 1;
}

function quoteAfter(token: string, before: string): string {
  let quote = before;
  for (const [at, char] of [...token].entries()) {
    if ((char !== '"' && char !== "'") || token[at - 1] === "\\") continue;
    if (quote === "") quote = char;
    else if (quote === char) quote = "";
  }
  return quote;
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
  ...{ "\\": "\\", "'": "'", '"': '"' },
};

function decoded(word: string): string {
  return word.replace(
    /\\(?:U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\\'"abfnrtv]))/g,
    (_, long?: string, short?: string, byte?: string, name?: string) =>
      name === undefined
        ? String.fromCodePoint(Number.parseInt(long ?? short ?? byte ?? "", 16))
        : (ESCAPES[name] ?? ""),
  );
}

function unquoted(value: string): string {
  const quote = value[0] ?? "";
  const quoted = value.length > 1 && `"'`.includes(quote) && value.endsWith(quote) && value.at(-2) !== "\\";
  return quoted ? value.slice(1, -1) : value;
}
