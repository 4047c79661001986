// What all scripts share: Ctrl+C becomes an AbortSignal, errors become text, results become the exit code.
import { format } from "node:util";
import { OpsError } from "./errors.ts";
import type { RecordedRun } from "./history/keep-record.ts";
import { Help } from "./options.ts";
import type { FleetFeed } from "./ui/feed.ts";
import type { Shown } from "./ui/show.ts";

/** Ansible's exit codes, and the shell's for an interrupt. */
export const EXIT = { ok: 0, couldNotStart: 1, failed: 2, unreachable: 4, interrupted: 130 } as const;

/** How long handles that nobody closed may keep a finished script alive. */
const LINGER_MS = 3000;

/**
 * Runs a script's `main`. Ctrl+C, SIGTERM and SIGHUP abort `signal` once, so that everything is left tidy;
 * a second Ctrl+C leaves at once. An OpsError is printed as message and hint, a zx command that
 * failed as what it said; anything else is a bug and
 * keeps its stack. `main` returns the exit code, nothing for 0.
 *
 * @example
 * await script(async (signal) => {
 *   await using fleet = await openFleet("prod", { signal });
 *   return (await fleet.$`uptime`).exitCode;
 * });
 */
export async function script(main: (signal: AbortSignal) => Promise<number | undefined>): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new OpsError("interrupted", "interrupted"));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, interrupt);
  for (const stream of [process.stdout, process.stderr]) {
    stream.once("error", (error) => unsaid(stream, error)).on("error", () => {});
  }
  // Bun's own writes past the stream, and a disk that is full takes it without a word.
  console.log = (...values) => void process.stdout.write(`${format(...values)}\n`);
  console.error = (...values) => void process.stderr.write(`${format(...values)}\n`);
  try {
    process.exitCode = (await main(controller.signal)) ?? EXIT.ok;
  } catch (error) {
    process.exitCode = await explain(error);
  } finally {
    for (const name of signals) process.off(name, interrupt);
  }
  await allSaid();
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** Settles once all that was said has been taken, by a pager at its own pace perhaps, or can't be any more. */
function allSaid({ stdout } = process): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (stdout.isTTY || stdout.destroyed) return Promise.resolve();
  // Of Bun's ways to ask, only this one tells the truth about a pipe.
  stdout.once("error", () => resolve()).end(() => resolve());
  return promise;
}

/** What can't be written ends what can be said, not what was begun; `… | head` means to, a full disk is told. */
function unsaid(stream: NodeJS.WriteStream, { code, message }: NodeJS.ErrnoException): void {
  if (code === "EPIPE") return;
  process.once("exit", () => {
    process.exitCode ||= EXIT.couldNotStart;
  });
  if (stream === process.stdout) process.stderr.write(`not all of the output could be written: ${message}\n`);
}

/**
 * Shows a fleet as the flags ask: JSON lines, a screen on a terminal, else plain lines; `quiet`, for scripts that
 * write results of their own, only troubles. q on the screen is a Ctrl+C.
 */
export function watch(
  fleet: FleetFeed,
  {
    json,
    verbose,
    quiet = false,
  }: { readonly json: boolean; readonly verbose: boolean; readonly quiet?: boolean },
): Shown {
  // Loaded by the scripts that watch a fleet, not by all.
  const { showFleet } = require("./ui/show.ts") as typeof import("./ui/show.ts");
  const onQuit = () => process.kill(process.pid, "SIGINT");
  const ask = async (question: string) => {
    const { askLine } = await import("./ask.ts");
    return await askLine(question);
  };
  return showFleet(fleet, { mode: json ? "json" : quiet ? "troubles" : "auto", verbose, onQuit, ask });
}

/**
 * Keeps the record of a run that begins now, until disposed: in the history, and as report and metrics where those
 * were asked for. Told on stderr.
 * @throws OpsError `usage` when the report can't be written where it is to go
 */
export function record(fleet: FleetFeed, run: RecordedRun & { readonly json: boolean }): AsyncDisposable {
  const { keepRecord } = require("./history/keep-record.ts") as typeof import("./history/keep-record.ts");
  const warn = (text: string) => void process.stderr.write(`warning: ${text}\n`);
  const tell = (text: string) => void (run.json || process.stderr.write(`${text}\n`));
  return keepRecord(fleet, run, { warn, tell });
}

/** Text of an error as operators see it: what and where, then what to do. */
export function errorText(error: OpsError): string {
  const where =
    error.host === undefined || error.message.startsWith(`${error.host}:`) ? "" : `${error.host}: `;
  return `${where}${error.message}${error.hint === undefined ? "" : `\n  → ${error.hint}`}`;
}

async function explain(error: unknown): Promise<number> {
  if (error instanceof Help) {
    process.stdout.write(`${error.text}\n`);
    return EXIT.ok;
  }
  if (!(error instanceof OpsError)) {
    process.stderr.write(await unexpected(error));
    return EXIT.couldNotStart;
  }
  process.stderr.write(`${errorText(error)}\n`);
  if (process.argv.includes("--json")) {
    const { code, message, hint, host } = error;
    process.stdout.write(`${JSON.stringify({ type: "error", code, message, hint, host })}\n`);
  }
  return error.code === "interrupted" ? EXIT.interrupted : EXIT.couldNotStart;
}

async function unexpected(error: unknown): Promise<string> {
  // Loading zx takes longer than reading an inventory does, and most scripts run no command by it.
  const { ProcessOutput } = await import("zx");
  if (!(error instanceof ProcessOutput))
    return `this is a bug in Rookery, please report it:\n${describe(error)}\n`;
  const said = error.stderr.trim() || error.stdout.trim() || "it said nothing";
  return `a command ended with exit code ${error.exitCode}: ${said}\n`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
