// One command over SSH.
import type { Client, ClientChannel, ExecOptions } from "ssh2";
import { OpsError } from "../errors.ts";
import type { Exit, Pipes } from "./pipes.ts";
import { shellCommand } from "./quote.ts";

/**
 * Starts `argv` on `client`. Whatever is open there is in `live`, to be told when the connection ends.
 * @throws OpsError `unreachable` when the connection is gone or the server doesn't answer, `remote` when it allows no
 *   further session
 */
export async function openChannel(
  client: Client,
  argv: readonly string[],
  {
    host,
    live,
    lost,
    timeoutMs,
  }: {
    readonly host: string;
    readonly live: Set<(exit: Exit) => void>;
    readonly lost: (cause?: unknown) => OpsError;
    readonly timeoutMs: number;
  },
): Promise<Pipes> {
  const { promise, resolve, reject } = Promise.withResolvers<Pipes>();
  const failed = (exit: Exit) => exit.code === null && reject(lost());
  let waitedFor = "a session";
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    const message = `${host}: it let us in, but did not start a command within ${timeoutMs / 1000} s (waited for ${waitedFor})`;
    const hint = "see what its sshd and PAM logged, and whether its disks answer";
    reject(new OpsError("unreachable", message, { host, hint }));
  }, timeoutMs);
  live.add(failed);
  try {
    const options = {
      // ssh2 looks at this once the session is open: the only sign of it before the command starts.
      get env() {
        waitedFor = "the command to start";
        return undefined;
      },
    } as unknown as ExecOptions;
    // `exec` spares the login shell; it is understood by every one of them.
    client.exec(`exec ${shellCommand(argv)}`, options, (error, channel) => {
      if (late) return void channel?.resume().close();
      if (error === undefined) return resolve(channelPipes(channel, live));
      const hint = "its sshd may allow fewer sessions at once: raise MaxSessions";
      const message = `${host}: can't start a command: ${error.message}`;
      reject(new OpsError("remote", message, { host, hint, cause: error }));
    });
    return await promise;
  } catch (error) {
    throw error instanceof OpsError ? error : lost(error);
  } finally {
    clearTimeout(timer);
    live.delete(failed);
  }
}

function channelPipes(channel: ClientChannel, live: Set<(exit: Exit) => void>): Pipes {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>();
  const settle = (exit: Exit) => {
    live.delete(settle);
    resolve(exit);
  };
  live.add(settle);
  channel.on("exit", (code: number | null, signal?: string) => settle({ code, signal }));
  channel.on("close", () => settle({ code: null, signal: undefined }));
  const close = () => {
    channel.close();
    settle({ code: null, signal: undefined });
    // A host that has stopped answering won't end them for us.
    channel.push(null);
    channel.stderr.push(null);
  };
  return { stdin: channel, stdout: channel, stderr: channel.stderr, exited, close };
}
