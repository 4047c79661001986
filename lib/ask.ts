// Asking the operator for a secret: on the terminal, whatever stdin and stderr are, and without showing the answer.
import { closeSync, openSync, read, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { OpsError } from "./errors.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";
const BACKSPACE = /^[\b\x7f]$/;
const VAULT_HINT = "type it, or give it with --vault-password-file FILE";

interface Waiting {
  readonly signal: AbortSignal | undefined;
  /** What to do when nobody answers. */
  readonly hint: string;
}

/**
 * One line from the terminal, without echo; where there is no terminal, the next line of stdin, as Python's getpass.
 * @throws OpsError `interrupted` on Ctrl+C or `signal`, `usage` when the input ends first
 */
export async function askSecret(
  question: string,
  { signal, hint = VAULT_HINT }: { readonly signal?: AbortSignal | undefined; readonly hint?: string } = {},
): Promise<string> {
  signal?.throwIfAborted();
  const terminal = openTerminal();
  if (terminal !== undefined) return await fromTerminal(terminal, question, { signal, hint });
  const { stdin } = process;
  process.stderr.write(question);
  const interrupt = () => stdin.destroy();
  signal?.addEventListener("abort", interrupt);
  try {
    const [typed, rest] = await answer(stdin.iterator({ destroyOnReturn: false }), { signal, hint });
    stdin.unshift(rest); // what follows answers the next question
    return typed;
  } finally {
    signal?.removeEventListener("abort", interrupt);
    stdin.pause();
    process.stderr.write("\n");
  }
}

/**
 * One line from the terminal, shown as it is typed; undefined where there is no terminal, or its input ends. What the
 * terminal does with Ctrl+C stays as it is.
 */
export async function askLine(question: string): Promise<string | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  // As for passwords: a stream that was read from would keep the process alive until somebody types again.
  const buffer = Buffer.alloc(1024);
  writeSync(terminal, question);
  const bytes = await new Promise<number>((resolve, reject) => {
    read(terminal, buffer, 0, buffer.length, null, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
  closeSync(terminal);
  return bytes === 0 ? undefined : buffer.toString("utf8", 0, bytes).replace(/\r?\n$/, "");
}

/** Whether there is a terminal to ask on. */
export function hasTerminal(): boolean {
  const terminal = openTerminal();
  if (terminal !== undefined) closeSync(terminal);
  return terminal !== undefined;
}

function openTerminal(): number | undefined {
  try {
    return openSync("/dev/tty", "r+");
  } catch {
    return undefined; // a job of cron or CI has none: that is what stdin is for
  }
}

async function fromTerminal(fd: number, question: string, { signal, hint }: Waiting): Promise<string> {
  // Only for its mode: a stream that was read from keeps the process alive until somebody types again.
  const mode = new ReadStream(fd);
  const input = openSync("/dev/tty", "r");
  // Before the question is there: whoever types at once would see the answer on the screen.
  mode.setRawMode(true);
  try {
    writeSync(fd, question);
    const [typed] = await answer(keys(input, signal), { signal, hint });
    return typed;
  } finally {
    mode.setRawMode(false);
    writeSync(fd, "\n");
    mode.destroy();
    // A read that is under way has the descriptor until the process ends.
    if (signal?.aborted !== true) closeSync(input);
  }
}

/** What is typed, as it comes. */
async function* keys(input: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  const buffer = Buffer.alloc(1024);
  for (;;) {
    const bytes = await new Promise<number>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      read(input, buffer, 0, buffer.length, null, (error, count) => (error ? reject(error) : resolve(count)));
    });
    if (bytes === 0) return;
    yield buffer.subarray(0, bytes);
  }
}

/** The first line, and what came after it. */
async function answer(
  chunks: AsyncIterable<Uint8Array | string>,
  { signal, hint }: Waiting,
): Promise<[typed: string, rest: string]> {
  const decoder = new TextDecoder();
  let typed = "";
  try {
    for await (const chunk of chunks) {
      const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      const end = text.search(/[\r\n]/);
      for (const char of end === -1 ? text : text.slice(0, end)) {
        if (char === CTRL_C) throw new OpsError("interrupted", "interrupted");
        if (char === CTRL_D && typed === "") throw nothing(hint);
        if (char === CTRL_U) typed = "";
        else if (BACKSPACE.test(char)) typed = [...typed].slice(0, -1).join("");
        else typed += char;
      }
      if (end !== -1) return [typed, text.slice(end).replace(/^\r?\n?/, "")];
    }
  } catch (error) {
    signal?.throwIfAborted(); // the stream was closed because of it
    throw error;
  }
  signal?.throwIfAborted();
  if (typed === "") throw nothing(hint);
  return [typed, ""];
}

function nothing(hint: string): OpsError {
  return new OpsError("usage", "the input ended where a password was asked for", { hint });
}
