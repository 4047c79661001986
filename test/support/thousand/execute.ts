// One command of a simulated host, between an SSH channel and a shell.
import type { ServerChannel } from "ssh2";

export interface ExecuteOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStart: (pid: number) => void;
  readonly onEnd: (pid: number) => void;
}

/** Runs `command` as sshd would; settles when it has ended and all it said is handed over. */
export async function execute(
  channel: ServerChannel,
  command: string,
  { env, onStart, onEnd }: ExecuteOptions,
): Promise<void> {
  // It may have waited so long for its turn that nobody is there any more.
  if (!channel.writable) return;
  const child = Bun.spawn(["/bin/sh", "-c", command], {
    env,
    ...(env.HOME === undefined ? {} : { cwd: env.HOME }),
    // A group of its own, for some commands kill theirs.
    detached: true,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  onStart(child.pid);
  let gone = false;
  channel.once("close", () => {
    gone = true;
  });
  const hand = async (from: ReadableStream<Uint8Array>, to: NodeJS.WritableStream) => {
    for await (const chunk of from) if (!gone && !to.write(chunk)) await drained(to, channel);
  };
  void feed(channel, child.stdin);
  await Promise.all([hand(child.stdout, channel), hand(child.stderr, channel.stderr)]);
  const code = await child.exited;
  onEnd(child.pid);
  if (gone) return;
  const { signalCode } = child;
  if (typeof signalCode !== "string") channel.exit(code);
  else channel.exit(signalCode.replace(/^SIG/, ""), false, "");
  channel.end();
}

async function feed(channel: ServerChannel, stdin: Bun.FileSink): Promise<void> {
  try {
    // Its other half has more to say when the input ends.
    for await (const chunk of channel.iterator({ destroyOnReturn: false })) {
      stdin.write(chunk as Uint8Array);
      await stdin.flush();
    }
    await stdin.end();
  } catch (error) {
    // Leaving without reading all of its input is the command's own business, and so is a client that goes away.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}

/** Settles when `stream` takes more, or never will. */
function drained(stream: NodeJS.WritableStream, channel: ServerChannel): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    stream.off("drain", done);
    channel.off("close", done);
    resolve();
  };
  stream.on("drain", done);
  channel.on("close", done);
  return promise;
}
