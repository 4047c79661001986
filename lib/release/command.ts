// A command of the operator's, run in a release.
import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { OpsError } from "../errors.ts";
import { checkSignal, fileFault, hasCode, interruption } from "./faults.ts";
import { layoutOf, releasePath } from "./layout.ts";
import { endGroup } from "./process-group.ts";

export interface CommandOptions {
  /** Release to run in: its folder is the working directory. */
  readonly id: string;
  /** For /bin/sh, as Ansible's shell module takes it; may be several lines. */
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: an hour. */
  readonly timeoutMs?: number;
  /** Between SIGTERM and SIGKILL; default: 5 s. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Text as it arrives; whole lines are not guaranteed. */
  readonly onOutput?: ((stream: "stdout" | "stderr", text: string) => void) | undefined;
}

const HOUR_MS = 3_600_000;
/** Between the request to end and the end by force. */
const GRACE_MS = 5_000;
/** What a background process that kept the pipes may still say after the shell ended. */
const DRAIN_MS = 500;

/**
 * Commands may hold secrets out of a vault, and everyone on a host can read argv: so sh gets a fixed line, and the
 * command over stdin. All of it is read before it runs, and what runs finds stdin empty.
 */
const READ_AND_RUN = 'rookery_command=$(cat) && exec </dev/null && eval "$rookery_command"';

/**
 * Runs `command` and returns its exit code (128 + number when a signal ended it). The environment is this process's
 * with `env` and ROOKERY_RELEASE, ROOKERY_RELEASE_PATH, ROOKERY_DEPLOY_TO, ROOKERY_CURRENT. It gets its own process
 * group, which ends as a whole on `signal` and after `timeoutMs`: SIGTERM, and SIGKILL `graceMs` later. What a command that
 * ended by itself left in the background is its own affair.
 * @throws OpsError `timeout`, `interrupted`, or `release` when there is no such release
 */
export async function runCommand(
  deployTo: string,
  { id, command, env = {}, timeoutMs = HOUR_MS, graceMs = GRACE_MS, signal, onOutput }: CommandOptions,
): Promise<number> {
  const layout = layoutOf(deployTo);
  const cwd = releasePath(layout, id);
  await checkFolder(cwd);
  checkSignal(signal, `running a command in ${cwd}`);
  const child = spawn("/bin/sh", ["-c", READ_AND_RUN], {
    cwd,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      ...env,
      ROOKERY_RELEASE: id,
      ROOKERY_RELEASE_PATH: cwd,
      ROOKERY_DEPLOY_TO: layout.deployTo,
      ROOKERY_CURRENT: layout.current,
    },
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(fileFault(error, `can't run a command in ${cwd}`)));
    child.once("exit", (code, name) => resolve(code ?? 128 + (name === null ? 0 : constants.signals[name])));
    // A shell that was killed before it read its command: `exit` tells.
    child.stdin.on("error", (error) => hasCode(error, "EPIPE", "ECONNRESET") || reject(error));
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  forward(child.stdout, "stdout", onOutput);
  forward(child.stderr, "stderr", onOutput);
  child.stdin.end(command);

  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  const exitCode = await untilStopped(ended, stop, () => endGroup(child.pid as number, { graceMs }));
  await Promise.race([closed, wait(stop.aborted ? 0 : DRAIN_MS, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  if (exitCode !== undefined) return exitCode;
  if (signal?.aborted) throw interruption(signal, `running a command in ${cwd}`);
  throw new OpsError("timeout", `a command in ${cwd} still ran after ${timeoutMs / 1000} s and was ended`, {
    hint: "see what it waited for; commands get no input, so a question hangs them",
  });
}

/** What `ended` gives; undefined when `stop` came first, and then `end` has been done. */
async function untilStopped(
  ended: Promise<number>,
  stop: AbortSignal,
  end: () => Promise<void>,
): Promise<number | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const exitCode = await Promise.race([ended, stopped]);
  if (exitCode === undefined) await end();
  return exitCode;
}

function forward(stream: Readable, name: "stdout" | "stderr", onOutput: CommandOptions["onOutput"]): void {
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => onOutput?.(name, text));
}

async function checkFolder(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  throw new OpsError("release", `no release ${path} to run a command in`);
}
