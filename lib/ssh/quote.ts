// Words that arrive at the other end exactly as they left.

/** `word` so that a POSIX shell reads it back unchanged; plain words stay readable. */
export function shellQuote(word: string): string {
  if (word.includes("\0")) throw new TypeError("a command can't hold a NUL character");
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line for a login shell from words, none of which it interprets. */
export function shellCommand(argv: readonly string[]): string {
  return argv.map(shellQuote).join(" ");
}
