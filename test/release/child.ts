// A process of its own for steps given as JSON: calls of lib/release, shell lines, waits. One JSON line per step comes
// back, so that tests can race processes, kill them, and have them live in a mount namespace.
import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline/promises";

export type Step =
  | { readonly call: readonly [module: string, name: string, ...args: unknown[]] }
  | { readonly sh: string }
  /** Says "ready" and goes on when a line comes in. */
  | { readonly wait: true };

export type Answer =
  | { readonly value: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint: string } };

if (import.meta.main) {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  for (const step of JSON.parse(process.argv[2] ?? "[]") as Step[]) {
    console.log(JSON.stringify(await answer(step, () => input.next())));
  }
  process.exit(0);
}

async function answer(step: Step, nextLine: () => Promise<unknown>): Promise<Answer> {
  if ("wait" in step) {
    console.log(JSON.stringify({ value: "ready" }));
    await nextLine();
    return { value: "went on" };
  }
  if ("sh" in step) {
    const { status, stdout, stderr } = spawnSync("sh", ["-ec", step.sh], { encoding: "utf8" });
    return status === 0
      ? { value: stdout }
      : { error: { code: "sh", message: `${step.sh}: ${stderr}`, hint: "" } };
  }
  const [module, name, ...args] = step.call;
  try {
    const functions = (await import(`../../lib/release/${module}.ts`)) as Record<
      string,
      (...args: unknown[]) => unknown
    >;
    return { value: (await functions[name]?.(...args)) ?? null };
  } catch (error) {
    const { code = "bug", message, stack, hint = "" } = error as Error & { code?: string; hint?: string };
    return { error: { code, message: code === "bug" ? (stack ?? message) : message, hint } };
  }
}
