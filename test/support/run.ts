// Runs one of our scripts as an operator would: its own process, its own environment.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FOLDER_PREFIX } from "./marker.ts";

/** What the scripts of this run remember, where they have no home of their own. */
const STATE = join(tmpdir(), `${FOLDER_PREFIX}state`);
process.once("exit", () => rmSync(STATE, { recursive: true, force: true }));

const PROJECT = join(import.meta.dir, "..", "..");

export interface ScriptOptions {
  /** Added to this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** Aborting is Ctrl+C: the script gets SIGINT. */
  readonly signal?: AbortSignal;
  /** Called with text as it arrives, for tests that act half-way. */
  readonly onOutput?: (stream: "stdout" | "stderr", text: string, pid: number) => void;
  /** The script is killed after this long, and the test fails. */
  readonly timeoutMs?: number;
}

export interface ScriptResult {
  /** 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * `runScript(["deploy.ts", "local"])`: the first word is a file in scripts/, `.ts` may be left out.
 * @throws Error with the output so far when it takes longer than `timeoutMs`
 */
export async function runScript(args: readonly string[], options: ScriptOptions = {}): Promise<ScriptResult> {
  const { env = {}, cwd = PROJECT, stdin, signal, onOutput, timeoutMs = 60_000 } = options;
  const [script, ...rest] = args;
  if (script === undefined) throw new TypeError("name a script: runScript(['deploy.ts', ...])");
  const file = join(PROJECT, "scripts", script.endsWith(".ts") ? script : `${script}.ts`);
  const child = Bun.spawn([process.execPath, file, ...rest], {
    cwd,
    env: { ...process.env, XDG_STATE_HOME: env.HOME === undefined ? STATE : undefined, ...env },
    stdin: stdin === undefined ? "ignore" : typeof stdin === "string" ? Buffer.from(stdin) : stdin,
    stdout: "pipe",
    stderr: "pipe",
  });
  const interrupt = () => child.kill("SIGINT");
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt, { once: true });
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const collect = async (stream: "stdout" | "stderr") => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of child[stream]) {
      const piece = decoder.decode(chunk, { stream: true });
      text += piece;
      onOutput?.(stream, piece, child.pid);
    }
    return text + decoder.decode();
  };
  try {
    const [stdout, stderr, exitCode] = await Promise.all([
      collect("stdout"),
      collect("stderr"),
      child.exited,
    ]);
    if (late)
      throw new Error(`${args.join(" ")} was still running after ${timeoutMs} ms\n${stdout}\n${stderr}`);
    return { exitCode, stdout, stderr };
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener("abort", interrupt);
  }
}
