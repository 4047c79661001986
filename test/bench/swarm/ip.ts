// ip and tc, many commands at a time, in a namespace or outside of all.
import { run } from "./run.ts";

/** Anything that has a namespace: a node, the hub. */
export interface Place {
  readonly namespace: string;
}

/** `argv` as a command inside a namespace, that dies with this process. */
export function inside({ namespace }: Place, argv: readonly string[]): string[] {
  return ["setpriv", "--pdeathsig", "KILL", "nsenter", `--net=/run/netns/${namespace}`, "--", ...argv];
}

/** `force`: goes on after a command that failed. */
export function ip(
  namespace: string | readonly [],
  commands: readonly string[],
  { force = false } = {},
): Promise<string> {
  const where = typeof namespace === "string" ? ["-n", namespace] : [];
  return run(["ip", ...where, ...(force ? ["-force"] : []), "-batch", "-"], { stdin: lines(commands) });
}

export function tc(namespace: string, commands: readonly string[]): Promise<string> {
  return run(["tc", "-n", namespace, "-batch", "-"], { stdin: lines(commands) });
}

/** A locally administered address for a node's own end of its link. */
export function macOf(index: number): string {
  const byte = (value: number) => value.toString(16).padStart(2, "0");
  return `02:00:00:00:${byte(index >> 8)}:${byte(index & 255)}`;
}

function lines(commands: readonly string[]): string {
  return `${commands.join("\n")}\n`;
}
