// Asking the operator for a secret: the question goes to stderr, the answer is not shown.
import { OpsError } from "./errors.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const BACKSPACE = /^[\b\x7f]$/;

/**
 * One line from the terminal, without echo; without a terminal, the next line of stdin.
 * @throws OpsError `interrupted` on Ctrl+C or `signal`, `usage` when the input ends first
 */
export async function askSecret(
  question: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const { stdin } = process;
  process.stderr.write(question);
  if (stdin.isTTY) stdin.setRawMode(true);
  const interrupt = () => stdin.destroy();
  signal?.addEventListener("abort", interrupt);
  let answer = "";
  try {
    for await (const text of texts(stdin)) {
      const end = text.search(/[\r\n]/);
      for (const char of end === -1 ? text : text.slice(0, end)) {
        if (char === CTRL_C) throw new OpsError("interrupted", "interrupted");
        if (char === CTRL_D && answer === "") throw nothing();
        if (BACKSPACE.test(char)) answer = answer.slice(0, -1);
        else answer += char;
      }
      if (end === -1) continue;
      stdin.unshift(text.slice(end).replace(/^\r?\n?/, "")); // what follows answers the next question
      return answer;
    }
    signal?.throwIfAborted();
    if (answer === "") throw nothing();
    return answer;
  } finally {
    signal?.removeEventListener("abort", interrupt);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    process.stderr.write("\n");
  }
}

async function* texts(stdin: NodeJS.ReadStream): AsyncIterable<string> {
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) yield String(chunk);
}

function nothing(): OpsError {
  return new OpsError("usage", "the input ended where a password was asked for", {
    hint: "type it, or give it with --vault-password-file FILE",
  });
}
