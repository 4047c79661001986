// Starts child.ts, bare or in a mount namespace with a small file system of its own.
import { join } from "node:path";
import "../support/marker.ts";
import type { Answer, Step } from "./child.ts";

export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** The next answer; rejects when the child ended. */
  next(): Promise<Answer>;
  /** Lets a waiting child go on. */
  go(): void;
  kill(): Promise<void>;
}

export function startChild(steps: readonly Step[], { prefix = [] as readonly string[] } = {}): Child {
  const argv = [...prefix, process.execPath, join(import.meta.dir, "child.ts"), JSON.stringify(steps)];
  const child = Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "inherit", env: process.env });
  const lines = readLines(child.stdout);
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return {
    pid: child.pid,
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the child ended: ${await child.exited}`);
      return JSON.parse(value) as Answer;
    },
    go() {
      child.stdin.write("\n");
      child.stdin.flush();
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/** All answers of a child that runs `steps` to the end. */
export async function runChild(
  steps: readonly Step[],
  options: { readonly prefix?: readonly string[] } = {},
): Promise<readonly Answer[]> {
  await using child = startChild(steps, options);
  const answers: Answer[] = [];
  for (const _ of steps) answers.push(await child.next());
  return answers;
}

/**
 * Words in front of a command that give it a mount namespace, with a tmpfs of these `mount -o` options at `mountPoint`;
 * nobody else sees it and it goes with the last process. Works for root, and for others where user namespaces are allowed.
 */
export function inTmpfs(mountPoint: string, options: string): readonly string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const script = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"';
  return ["unshare", "--mount", ...asRoot, "sh", "-c", script, "sh", options, mountPoint];
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  return undefined;
}
