// This machine as a host: `ansible_connection: local`.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { OpsError } from "../errors.ts";
import type { SshEnvironment } from "./environment.ts";
import type { Exit, Pipes, Transport } from "./pipes.ts";
import type { Target } from "./types.ts";

const HERE = "127.0.0.1";

export function localTransport(target: Target, { user, home, variables }: SshEnvironment): Transport {
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<Error | undefined>();
  // Where an SSH session begins, too.
  const cwd = existsSync(home) ? home : "/";
  let open = true;
  return {
    target,
    remoteAddress: HERE,
    localAddress: HERE,
    user,
    closed,
    open: async (argv) => {
      if (!open)
        throw new OpsError("unreachable", `${target.name}: the connection is closed`, { host: target.name });
      return spawnPipes(argv, { host: target.name, cwd, variables });
    },
    close: async () => {
      open = false;
      setClosed(undefined);
    },
  };
}

function spawnPipes(
  [file = "", ...args]: readonly string[],
  { host, cwd, variables }: { host: string; cwd: string; variables: SshEnvironment["variables"] },
): Promise<Pipes> {
  // A process group of its own: Ctrl+C at the terminal is for us, and kills reach its children as well.
  const child = spawn(file, args, { detached: true, env: variables, cwd, stdio: "pipe" });
  const { promise: exited, resolve: settle } = Promise.withResolvers<Exit>();
  child.once("exit", (code, signal) => settle({ code, signal: signal ?? undefined }));
  const close = () => {
    settle({ code: null, signal: undefined });
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  return new Promise((resolve, reject) => {
    child.once("spawn", () =>
      resolve({ stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exited, close }),
    );
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const hint = cause.code === "ENOENT" ? `install ${file}` : undefined;
      reject(new OpsError("tool", `${host}: can't start ${file}: ${cause.message}`, { host, hint, cause }));
    });
  });
}
