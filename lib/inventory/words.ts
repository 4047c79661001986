// Host lines split into words the way Python's shlex does it, which is what Ansible uses for INI files.

/**
 * Words of `line`: quotes join, a backslash escapes outside quotes (and before `"` and `\` within double ones),
 * an unquoted `#` ends the line even in the middle of a word.
 * @throws SyntaxError "No closing quotation" or "No escaped character"
 * @see https://docs.python.org/3/library/shlex.html#parsing-rules
 */
export function splitWords(line: string, { comments = true } = {}): string[] {
  // Nearly all lines have nothing to unquote, and inventories have ten thousand of them.
  if (!/["'\\#]/.test(line)) return line.split(/[ \t\r\n]+/).filter((each) => each !== "");
  const words: string[] = [];
  let word: string | undefined;
  for (let index = 0; index < line.length; index++) {
    const char = line[index] ?? "";
    if (char === "#" && comments) break;
    if (/[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "\\") {
      if (index + 1 >= line.length) throw new SyntaxError("No escaped character");
      word = (word ?? "") + line[++index];
    } else if (char === "'" || char === '"') {
      const [text, end] = quoted(line, index, char);
      word = (word ?? "") + text;
      index = end;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The text of the quotation that opens at `start`, and where it closes. */
function quoted(line: string, start: number, quote: string): [text: string, end: number] {
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
