// One command of a simulated host, between an SSH channel and a shell.
import { spawn } from "node:child_process";
import type { ServerChannel } from "ssh2";

export interface ExecuteOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStart: (pid: number) => void;
  readonly onEnd: (pid: number) => void;
}

/** Runs `command` as sshd would; settles when it has ended and all it said is handed over. */
export function execute(
  channel: ServerChannel,
  command: string,
  { env, onStart, onEnd }: ExecuteOptions,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // A group of its own, for some commands kill theirs.
  const child = spawn("/bin/sh", ["-c", command], { env, cwd: env.HOME, detached: true, stdio: "pipe" });
  const { pid } = child;
  if (pid !== undefined) onStart(pid);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  // Leaving without reading all of its input is the command's own business.
  child.stdin.on("error", () => channel.unpipe(child.stdin).resume());
  child.once("error", (error) => {
    channel.stderr.write(`${error.message}\n`);
    channel.exit(127);
    channel.end();
    resolve();
  });
  child.once("close", (code, signal) => {
    if (pid !== undefined) onEnd(pid);
    if (code === null) channel.exit((signal ?? "SIGKILL").replace(/^SIG/, ""), false, "");
    else channel.exit(code);
    channel.end();
    resolve();
  });
  return promise;
}
