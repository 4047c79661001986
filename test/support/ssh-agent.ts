// A real ssh-agent in the foreground.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "./marker.ts";

export interface Agent extends AsyncDisposable {
  readonly socket: string;
  readonly pid: number;
  /** Adds a private key without passphrase. */
  add(keyFile: string): Promise<void>;
}

/** Starts an agent that holds no keys yet. */
export async function startAgent(): Promise<Agent> {
  const folder = await temporaryFolder("agent");
  const socket = join(folder, "socket");
  const pipes = { stdin: "ignore", stdout: "pipe", stderr: "pipe" } as const;
  const child = Bun.spawn(["ssh-agent", "-D", "-a", socket], pipes);
  // It says where it listens once it does.
  const said = child.stdout.getReader();
  if ((await said.read()).done) throw new Error(`ssh-agent: ${await child.stderr.text()}`);
  return {
    socket,
    pid: child.pid,
    add: async (keyFile) => {
      const env = { SSH_AUTH_SOCK: socket, PATH: process.env.PATH };
      const adding = Bun.spawn(["ssh-add", "-q", keyFile], { ...pipes, env });
      const [complaint, exitCode] = await Promise.all([adding.stderr.text(), adding.exited]);
      if (exitCode !== 0) throw new Error(`ssh-add failed: ${complaint}`);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      await rm(folder, { recursive: true });
    },
  };
}
