// A command and its output.
import { constants } from "node:os";
import { OpsError } from "../errors.ts";
import { interrupted } from "./pool.ts";
import { lost, type Program, type Starter } from "./program.ts";
import type { Output, RunOptions } from "./types.ts";

const STDIN_CHUNK_BYTES = 256 * 1024;
const SIGNAL_EXIT = 128;

/**
 * Runs `argv` and waits for its end and the end of its output. A signal that ended it counts as a shell counts it
 * (128 + number).
 * @throws OpsError `unreachable` when the connection is lost, `timeout`, `interrupted`; the command is killed then
 */
export async function runCommand(
  { host, start }: Starter,
  argv: readonly string[],
  { stdin, signal, timeoutMs, onOutput }: RunOptions,
): Promise<Output> {
  const errors = collector((text) => onOutput?.("stderr", text));
  const output = collector((text) => onOutput?.("stdout", text));
  const stop = new AbortController();
  let late: OpsError | undefined;
  const abort = () => stop.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          late = new OpsError("timeout", `${host}: ${argv[0]} took longer than ${timeoutMs / 1000} s`, {
            host,
          });
          stop.abort(late);
        }, timeoutMs);
  try {
    await using program = await start(argv, { signal: stop.signal, onStderr: errors.add });
    // Leaving without reading all of stdin is the command's own business (`head`).
    const feeding = Promise.allSettled([feed(program, stdin)]);
    for await (const chunk of program.stdout) output.add(chunk);
    const { code, signal: ended } = await program.exit;
    if (stop.signal.aborted) throw late ?? interrupted(stop.signal, host);
    if (code === null && ended === undefined) throw lost(host);
    await Promise.all([feeding, program.stderrEnded]);
    const number = constants.signals[ended as NodeJS.Signals] ?? 0;
    return { exitCode: code ?? SIGNAL_EXIT + number, stdout: output.text(), stderr: errors.text() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function feed(program: Program, stdin: Uint8Array | string | undefined): Promise<void> {
  const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : (stdin ?? new Uint8Array());
  for (let offset = 0; offset < bytes.length; offset += STDIN_CHUNK_BYTES) {
    await program.write(bytes.subarray(offset, offset + STDIN_CHUNK_BYTES));
  }
  program.end();
}

/** Joins chunks into text, handing each piece on as it comes; characters cut in two by a chunk are kept whole. */
function collector(onText: (text: string) => void) {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  return {
    add: (chunk: Uint8Array) => {
      const text = decoder.decode(chunk, { stream: true });
      parts.push(text);
      if (text !== "") onText(text);
    },
    text: () => {
      parts.push(decoder.decode());
      return parts.join("");
    },
  };
}
