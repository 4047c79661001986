// One `ssh` process that is logged in at a host and lets others run commands over its connection (ControlMaster).
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { OpsError } from "../errors.ts";
import type { SshEnvironment } from "./environment.ts";
import { interrupted } from "./pool.ts";
import { lost } from "./program.ts";
import { masterCommand } from "./system-arguments.ts";
import { lateFault, loginFault } from "./system-fault.ts";
import { GUARD, openSshFolder, type SshFolder } from "./system-folder.ts";
import { EMPTY_LOG, type LoginLog, readLine } from "./system-log.ts";
import type { Target } from "./types.ts";

export interface Master {
  /** Control socket. */
  readonly socket: string;
  /** What the login brought to light. */
  readonly log: LoginLog;
  /** `CLIENT-IP CLIENT-PORT SERVER-IP SERVER-PORT`, as the host sees the connection; empty when it doesn't say. */
  readonly seen: string;
  /** Settles with the reason when the connection is lost, or undefined when it was closed. */
  readonly closed: Promise<Error | undefined>;
  /** Ends ssh and all that runs through it here; nothing of it is left then. */
  close(): Promise<void>;
}

export interface MasterOptions {
  readonly env: SshEnvironment;
  /** For each step: TCP, greeting, login. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** `cat` waits for our end of the connection: when that goes, it goes. */
const REMOTE = 'echo "rookery-here $SSH_CONNECTION"; exec cat';
const HERE = /rookery-here ?(.*)\n/;

/**
 * Logs in.
 * @throws OpsError as `loginFault` says, `tool` when there is no such program, `interrupted`
 */
export async function startMaster(target: Target, options: MasterOptions): Promise<Master> {
  const folder = await openSshFolder();
  try {
    return await logIn(target, folder, options);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

async function logIn(target: Target, folder: SshFolder, options: MasterOptions): Promise<Master> {
  const { name: host, password = "", sshProgram = "ssh" } = target;
  const { env, timeoutMs, signal } = options;
  if (/[\n\0]/.test(password))
    throw new OpsError("auth", `${host}: ssh can't be given a password of more than one line`, { host });
  const command = masterCommand(target, REMOTE, { paths: folder, env, timeoutMs });
  await writeFile(folder.config, command.config, { mode: 0o600 });
  // A process group of its own: Ctrl+C is for us, and the end reaches proxies as well.
  const child = spawn("sh", ["-c", GUARD, "sh", folder.path, sshProgram, ...command.argv], {
    detached: true,
    stdio: "pipe",
    env: {
      ...env.variables,
      SSH_AUTH_SOCK: env.agentSocket,
      ...(password === "" ? {} : askedBy(folder, env)),
    },
  });
  child.stdin.on("error", () => undefined).write(`${password}\n`);
  let log = EMPTY_LOG;
  let seen: string | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<Error | undefined>();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      setClosed(undefined);
      await endGroup(child);
      await folder[Symbol.asyncDispose]();
    })();
    return closing;
  };

  let timer: NodeJS.Timeout | undefined;
  const waitAnew = () => {
    clearTimeout(timer);
    timer = setTimeout(() => reject(lateFault({ target, log, timeoutMs })), timeoutMs);
  };
  waitAnew();
  const abort = () => signal && reject(interrupted(signal, host));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const errors = readLines(child.stderr, (line) => {
    const { stage } = log;
    log = readLine(log, line);
    if (stage !== log.stage && seen === undefined) waitAnew();
  });
  let heard = "";
  child.stdout.on("data", (chunk: Buffer) => {
    if (seen !== undefined) return;
    heard += chunk.toString("latin1");
    seen = HERE.exec(heard)?.[1];
    if (seen !== undefined) resolve();
  });
  // The guard itself keeps no stdout, so this is ssh's end. What it said last may still be on its way.
  child.stdout.once("close", async () => {
    await Promise.race([errors, Bun.sleep(LAST_WORDS_MS)]);
    if (seen === undefined) reject(await endError(target, log, timeoutMs));
    setClosed(lost(host, new Error(log.said.join("; ").replace(/.*Timeout, server.*/, "keepalive: $&"))));
    await close();
  });
  child.once("error", (cause) =>
    reject(new OpsError("tool", `${host}: can't start sh: ${cause.message}`, { host, cause })),
  );
  try {
    await promise;
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
  return { socket: folder.socket, log, seen: seen ?? "", closed, close };
}

/** How long after the end of stdout the end of stderr is waited for: a proxy may hold on to it. */
const LAST_WORDS_MS = 1000;

async function endError(target: Target, log: LoginLog, timeoutMs: number): Promise<OpsError> {
  const { name: host, sshProgram = "ssh" } = target;
  const missing = log.said.find(
    (line) => /not found|No such file or directory$/.test(line) && line.includes(`${sshProgram}:`),
  );
  if (missing === undefined || log.stage !== EMPTY_LOG.stage || log.address !== undefined)
    return loginFault({ target, log, timeoutMs });
  const hint =
    sshProgram === "ssh" ? "install OpenSSH's client (openssh-client)" : "check ansible_ssh_executable";
  return new OpsError("tool", `${host}: there is no program ${sshProgram} here`, { host, hint });
}

function askedBy({ askpass }: SshFolder, { variables }: SshEnvironment) {
  // Before 8.4 there must be a display, and no terminal, for the program to be asked.
  return { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", DISPLAY: variables.DISPLAY ?? ":0" };
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  await ended;
}

/** Hands on whole lines; resolves when the stream ends. */
function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.once("close", () => {
    if (rest !== "") onLine(rest);
    resolve();
  });
  return promise;
}
