// Whether what was just switched to is well, asked on the host itself: a command's exit code, or a URL's status.
import { setTimeout as wait } from "node:timers/promises";
import { OpsError } from "../errors.ts";
import { runCommand } from "../release/command.ts";
import type { Params, Result, Upward } from "./protocol.ts";

type Check = Omit<Params<"health">, "retries" | "delayMs">;

interface Try {
  readonly well: boolean;
  /** What it was, for people: `status 503`, `exit code 7`. Nothing of a command's or a URL's own text: they may hold secrets. */
  readonly said: string;
  /** Of a command. */
  readonly output?: readonly Output[];
}
type Output = Extract<Upward, { type: "output" }>;

/** Of the output of a command that fails, so much is told. */
const OUTPUT_LENGTH = 8192;

/** Tries `check` until it is well, or `retries` times more. */
export async function checkHealth(
  { retries, delayMs, ...check }: Params<"health">,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (event: Upward) => void },
): Promise<Result<"health">> {
  for (let tries = 1; ; tries++) {
    const { well, said, output = [] } = await tryOnce(check, signal);
    if (well || tries > retries) {
      if (!well) output.forEach(tell);
      return { well, tries, last: said };
    }
    tell({ type: "detail", text: `try ${tries + 1} of ${retries + 1}: ${said}` });
    await wait(delayMs, undefined, { signal });
  }
}

async function tryOnce(check: Check, signal: AbortSignal): Promise<Try> {
  return isUrl(check.check) ? await ask(check, signal) : await run(check, signal);
}

function isUrl(check: string): boolean {
  return /^https?:\/\//i.test(check);
}

async function ask({ check, timeoutMs }: Check, signal: AbortSignal): Promise<Try> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(check, { redirect: "manual", signal: AbortSignal.any([signal, late]) });
    await answer.body?.cancel();
    return { well: answer.status >= 200 && answer.status < 400, said: `status ${answer.status}` };
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { well: false, said: `no answer within ${timeoutMs / 1000} s` };
    // Bun's own text may repeat the URL.
    const { code, name } = error as NodeJS.ErrnoException;
    return { well: false, said: `no answer (${code ?? name})` };
  }
}

async function run({ check, deployTo, id, timeoutMs }: Check, signal: AbortSignal): Promise<Try> {
  const output: Output[] = [];
  let length = 0;
  const onOutput = (stream: Output["stream"], text: string) => {
    length += text.length;
    if (length <= OUTPUT_LENGTH) output.push({ type: "output", stream, text });
  };
  try {
    const exitCode = await runCommand(deployTo, { id, command: check, timeoutMs, signal, onOutput });
    return { well: exitCode === 0, said: `exit code ${exitCode}`, output };
  } catch (error) {
    if (!(error instanceof OpsError && error.code === "timeout")) throw error;
    return { well: false, said: `no end within ${timeoutMs / 1000} s`, output };
  }
}
