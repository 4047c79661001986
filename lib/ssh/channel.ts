// One command over SSH.
import type { Client, ClientChannel } from "ssh2";
import { OpsError } from "../errors.ts";
import type { Exit, Pipes } from "./pipes.ts";
import { lost } from "./program.ts";
import { shellCommand } from "./quote.ts";

/**
 * Starts `argv` on `client`. Whatever is open there is in `live`, to be told when the connection ends.
 * @throws OpsError `unreachable` when the connection is gone, `remote` when the server allows no further session
 */
export function openChannel(
  client: Client,
  argv: readonly string[],
  {
    host,
    live,
    trouble,
  }: { host: string; live: Set<(exit: Exit) => void>; trouble: () => Error | undefined },
): Promise<Pipes> {
  const { promise, resolve, reject } = Promise.withResolvers<Pipes>();
  const failed = (exit: Exit) => exit.code === null && reject(lost(host, trouble()));
  live.add(failed);
  try {
    // `exec` spares the login shell; it is understood by every one of them.
    client.exec(`exec ${shellCommand(argv)}`, (error, channel) => {
      live.delete(failed);
      if (error === undefined) return resolve(channelPipes(channel, live));
      const hint = "its sshd may allow fewer sessions at once: raise MaxSessions";
      reject(
        new OpsError("remote", `${host}: can't start a command: ${error.message}`, {
          host,
          hint,
          cause: error,
        }),
      );
    });
  } catch (error) {
    live.delete(failed);
    reject(lost(host, error));
  }
  return promise;
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
