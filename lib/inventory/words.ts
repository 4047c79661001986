// Host lines split into words the way Python's shlex does it, which is what Ansible uses for INI files.

const [SINGLE, DOUBLE, BACKSLASH, HASH] = [0x27, 0x22, 0x5c, 0x23];
/** Characters that mean nothing but themselves. */
const RUN = /[^ \t\r\n'"\\#]*/y;

/**
 * Words of `line`: quotes join, a backslash escapes outside quotes (and before `"` and `\` within double ones),
 * an unquoted `#` ends the line even in the middle of a word.
 * @throws SyntaxError "No closing quotation" or "No escaped character"
 * @see https://docs.python.org/3/library/shlex.html#parsing-rules
 */
export function splitWords(line: string, { comments = true } = {}): string[] {
  const words: string[] = [];
  let word: string | undefined;
  /** Where the characters begin that stand for themselves and aren't in `word` yet. */
  let from = 0;
  for (let index = 0; index <= line.length; index++) {
    RUN.lastIndex = index;
    RUN.test(line);
    index = RUN.lastIndex;
    const char = line.charCodeAt(index);
    if (index > from) word = (word ?? "") + line.slice(from, index);
    if (char === HASH && !comments) {
      from = index;
      continue;
    }
    if (char === BACKSLASH) {
      if (index + 1 >= line.length) throw new SyntaxError("No escaped character");
      word = (word ?? "") + line[++index];
    } else if (char === SINGLE || char === DOUBLE) {
      const [text, end] = quoted(line, index, char === SINGLE ? "'" : '"');
      word = (word ?? "") + text;
      index = end;
    } else {
      if (word !== undefined) words.push(word);
      word = undefined;
      if (char === HASH) break;
    }
    from = index + 1;
  }
  return words;
}

/** The text of the quotation that opens at `start`, and where it closes. */
function quoted(line: string, start: number, quote: string): [text: string, end: number] {
  const close = line.indexOf(quote, start + 1);
  const plain = line.slice(start + 1, close);
  if (close !== -1 && (quote === "'" || !plain.includes("\\"))) return [plain, close];
  let text = "";
  for (let index = start + 1; index < line.length; index++) {
    const char = line[index] ?? "";
    if (char === quote) return [text, index];
    const next = line[index + 1];
    if (char === "\\" && quote === '"' && (next === '"' || next === "\\")) {
      text += next;
      index++;
    } else {
      text += char;
    }
  }
  throw new SyntaxError("No closing quotation");
}
