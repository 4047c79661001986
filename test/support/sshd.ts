// One sshd in the foreground on a free loopback port.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { freePort } from "./ports.ts";

export interface Sshd {
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<number>;
  alive(): boolean;
  /** What it wrote to stderr so far. */
  log(): string;
}

const SSHD = "/usr/sbin/sshd";
const SETPRIV = "/usr/bin/setpriv";
const START_MS = 10_000;
const ATTEMPTS = 5;

/**
 * Writes `lines` with address and port to `configFile` and starts sshd with it; resolves when it listens. `around`: words
 * before `sshd` that become it in the end (`unshare -m …`).
 * @throws Error with what sshd said
 */
export async function startSshd(
  configFile: string,
  lines: readonly string[],
  { around = [] }: { readonly around?: readonly string[] | undefined } = {},
): Promise<Sshd> {
  // A root sshd refuses to start without the folder it locks its unprivileged half into.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    await writeFile(configFile, [...lines, `ListenAddress 127.0.0.1:${port}`, ""].join("\n"));
    const sshd = launch(configFile, port, around);
    const problem = await sshd.listening;
    if (problem === undefined) return sshd;
    if (attempt === ATTEMPTS || !problem.includes("Address already in use"))
      throw new Error(`sshd: ${problem}`);
  }
}

/** `listening` resolves with undefined, or with the log when it won't. */
function launch(
  configFile: string,
  port: number,
  around: readonly string[],
): Sshd & { readonly listening: Promise<string | undefined> } {
  // If the test run is killed, nobody disposes of its servers: let the kernel do it.
  const guard = existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL"] : [];
  const argv = [...guard, ...around, SSHD, "-D", "-e", "-f", configFile];
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  let log = "";
  const listening = Promise.withResolvers<string | undefined>();
  const deadline = setTimeout(() => {
    child.kill("SIGKILL");
    listening.resolve(`not listening after ${START_MS} ms: ${log}`);
  }, START_MS);
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      log += decoder.decode(chunk, { stream: true });
      if (log.includes(`Server listening on 127.0.0.1 port ${port}.`)) listening.resolve(undefined);
    }
    listening.resolve(log || "ended without a word");
  })();
  reading.catch((error: unknown) => listening.resolve(String(error)));
  return {
    pid: child.pid,
    port,
    exited: child.exited,
    alive: () => child.exitCode === null && child.signalCode === null,
    log: () => log,
    listening: listening.promise.finally(() => clearTimeout(deadline)),
  };
}
