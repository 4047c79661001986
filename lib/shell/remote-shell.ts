// `$` on one host: host.$`systemctl restart ${unit}`
import { OpsError } from "../errors.ts";
import type { Connection } from "../ssh/types.ts";
import {
  type CommandPlace,
  type CommandText,
  commandText,
  READ_AND_RUN,
  type ShellValue,
  stdinFor,
} from "./command-text.ts";
import { type Duration, milliseconds } from "./duration.ts";
import { CommandError, type CommandOutput, commandOutput } from "./output.ts";
import { wholeLines } from "./whole-lines.ts";

/** How commands of a `$` run, for all of them: `` host.$({ cwd: "/srv/shop", env: { RACK_ENV: "production" } })`rake db:migrate` ``. */
export interface ShellOptions extends CommandPlace {
  /** What the command reads from its stdin; nothing otherwise. */
  readonly input?: string | Uint8Array | { readonly stdout: string } | undefined;
  /** Its end, and that of all it started, after so long. */
  readonly timeout?: Duration | undefined;
  /** An exit code other than 0 is a result, not an error. */
  readonly nothrow?: boolean | undefined;
  /** Its output is not shown as it comes. */
  readonly quiet?: boolean | undefined;
  /** The shell it is for; `sh` otherwise. */
  readonly shell?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * zx's `$`, on a host. Values are quoted as words, arrays as many words; the command runs under `set -eu` (and pipefail,
 * where the host's sh knows it), as the user the inventory says, and its output is shown with the host's name as it comes.
 * It begins at once; awaiting it gives its output.
 * @throws CommandError when it ends with another exit code than 0; OpsError `unreachable`, `timeout`, `interrupted`
 *
 * @example
 * await host.$`systemctl restart ${unit}`;
 * const { stdout } = await host.$`df -P ${paths}`.quiet();
 * if ((await host.$`test -e ${file}`.nothrow()).ok) await host.$({ cwd: "/srv", timeout: "30s" })`tar xf ${file}`;
 */
export interface Shell {
  (pieces: TemplateStringsArray, ...values: readonly ShellValue[]): RemoteCommand;
  /** The same with other options. */
  (options: ShellOptions): Shell;
}

/** Where the commands of a `$` go. */
export interface ShellHost {
  readonly name: string;
  connection(): Promise<Connection>;
  onOutput(stream: "stdout" | "stderr", text: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** A command of a `$`: a promise of its output, whose work begins a moment later, so that what is said of it first counts. */
export class Command<T, Options extends ShellOptions> extends Promise<T> {
  static override get [Symbol.species]() {
    return Promise;
  }
  readonly #wishes: { -readonly [Name in keyof ShellOptions]: ShellOptions[Name] };

  constructor(run: (wishes: Options) => Promise<T>, options: Options) {
    const wishes = { ...options };
    super((resolve) => queueMicrotask(() => resolve(run(wishes))));
    this.#wishes = wishes;
  }

  /** An exit code other than 0 is a result, see `exitCode` and `ok`, and fails no host of a fleet. A lost host still is an error. */
  nothrow(): this {
    this.#wishes.nothrow = true;
    return this;
  }

  /** What it says is not shown, only returned. */
  quiet(): this {
    this.#wishes.quiet = true;
    return this;
  }

  /** What a host may take, `"30s"` or milliseconds; then it is ended there, with all it started: OpsError `timeout`. */
  timeout(duration: Duration): this {
    milliseconds(duration);
    this.#wishes.timeout = duration;
    return this;
  }
}

/** A command that runs on a host. It is a promise of its output; what is said of it before the next `await` counts. */
export class RemoteCommand extends Command<CommandOutput, ShellOptions> {
  /** All of its stdout. */
  async text(): Promise<string> {
    return (await this).text();
  }

  /** The lines of its stdout. */
  async lines(): Promise<string[]> {
    return (await this).lines();
  }

  /** Its stdout, read as JSON. */
  async json<T = unknown>(): Promise<T> {
    return (await this).json<T>();
  }
}

/** The `$` of a host. */
export function remoteShell(host: ShellHost, options: ShellOptions = {}): Shell {
  function shell(pieces: TemplateStringsArray, ...values: readonly ShellValue[]): RemoteCommand;
  function shell(more: ShellOptions): Shell;
  function shell(first: TemplateStringsArray | ShellOptions, ...values: readonly ShellValue[]) {
    if (!isTemplate(first)) return remoteShell(host, { ...options, ...first });
    const text = commandText(first, values, options);
    return new RemoteCommand((wishes) => runText(host, text, wishes), options);
  }
  return shell;
}

/** Whether a `$` was called as a template literal, and not with options. */
export function isTemplate(first: TemplateStringsArray | object): first is TemplateStringsArray {
  return Array.isArray(first) && "raw" in first;
}

/** Runs `text` on a host, by `options`. */
export async function runText(
  host: ShellHost,
  { script, label }: CommandText,
  { input = "", timeout, nothrow = false, quiet = false, shell = "sh", signal }: ShellOptions,
): Promise<CommandOutput> {
  const connection = await host.connection();
  const timeoutMs = timeout === undefined ? undefined : milliseconds(timeout);
  const stdin = stdinFor(script, typeof input === "object" && "stdout" in input ? input.stdout : input);
  const signals = [host.signal, signal].filter((one) => one !== undefined);
  const lines = quiet ? undefined : wholeLines(host.onOutput);
  const options = { stdin, signal: AbortSignal.any(signals), timeoutMs, onOutput: lines?.add };
  const ran = connection.run([shell, "-c", READ_AND_RUN], options).finally(() => lines?.end());
  const output = commandOutput(
    host.name,
    await ran.catch((error) => Promise.reject(named(error, host.name, label))),
  );
  if (!output.ok && !nothrow) throw new CommandError(label, output);
  return output;
}

/** A timeout says what took so long: the operator's command, not our `sh`. */
function named(error: unknown, host: string, label: string): unknown {
  if (!(error instanceof OpsError && error.code === "timeout")) return error;
  const message = error.message.replace(/^\S+ \S+ took/, `${host}: \`${label}\` took`);
  return new OpsError("timeout", message, { host, hint: "give it longer with .timeout()", cause: error });
}
