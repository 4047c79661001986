// What a command said, and the error when it failed.
import { OpsError } from "../errors.ts";

/** What a command on a host said, once it has ended. */
export interface CommandOutput {
  /** Inventory name of the host. */
  readonly host: string;
  readonly stdout: string;
  readonly stderr: string;
  /** 128 + number when a signal ended it, as a shell counts it. */
  readonly exitCode: number;
  /** Whether it ended with 0. */
  readonly ok: boolean;
  /** All of stdout, as it came. */
  text(): string;
  /** The lines of stdout. */
  lines(): string[];
  /**
   * stdout read as JSON.
   * @throws OpsError `remote` when it is none
   */
  json<T = unknown>(): T;
  /** stdout without the line breaks at its end, for use in text. */
  toString(): string;
}

/**
 * A command that ended with another exit code than 0, as zx's ProcessOutput is one: `exitCode`, `stdout` and `stderr` are
 * there to look at. An uncaught one is told with host, command and the last of stderr; values of the command are left out.
 *
 * @example
 * try {
 *   await host.$`nginx -t`;
 * } catch (error) {
 *   if (!(error instanceof CommandError)) throw error;
 *   console.error(error.host, error.exitCode, error.stderr);
 * }
 */
export class CommandError extends OpsError {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;

  constructor(label: string, { host, stdout, stderr, exitCode }: CommandOutput) {
    const said = lastLines(stderr);
    super(
      "remote",
      `${host}: \`${label}\` ended with exit code ${exitCode}${said === "" ? "" : `: ${said}`}`,
      {
        host,
        hint: hintFor(exitCode, { host, said }),
      },
    );
    this.name = "CommandError";
    this.stdout = stdout;
    this.stderr = stderr;
    this.exitCode = exitCode;
  }
}

const SAID_LINES = 3;
const SAID_CHARACTERS = 400;
const SIGNALS = 128;

export function commandOutput(
  host: string,
  {
    stdout,
    stderr,
    exitCode,
  }: { readonly stdout: string; readonly stderr: string; readonly exitCode: number },
): CommandOutput {
  return {
    host,
    stdout,
    stderr,
    exitCode,
    ok: exitCode === 0,
    text: () => stdout,
    lines: () => (stdout === "" ? [] : stdout.replace(/\r?\n$/, "").split(/\r?\n/)),
    json: () => {
      try {
        return JSON.parse(stdout);
      } catch (cause) {
        throw new OpsError("remote", `${host}: a command was to print JSON and did not`, { host, cause });
      }
    },
    toString: () => stdout.replace(/[\r\n]+$/, ""),
  };
}

function lastLines(stderr: string): string {
  const text = stderr.trim().split("\n").slice(-SAID_LINES).join("\n");
  return text.length > SAID_CHARACTERS ? `… ${text.slice(-SAID_CHARACTERS)}` : text;
}

function hintFor(exitCode: number, { host, said }: { readonly host: string; readonly said: string }): string {
  if (exitCode === 127) return `install it on ${host}, or name it by its full path`;
  if (exitCode === 126) return `make it executable on ${host}`;
  if (exitCode > SIGNALS)
    return `signal ${exitCode - SIGNALS} ended it: look into ${host}'s journal and memory`;
  return said === ""
    ? `it gave no reason: run it by hand on ${host}`
    : `mend that on ${host}, then run the same again`;
}
