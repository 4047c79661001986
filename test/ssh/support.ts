// Surroundings of their own for ssh tests: nothing of the machine's ~/.ssh or agent takes part.
import { join } from "node:path";
import { OpsError } from "../../lib/errors.ts";
import type { SshEnvironment } from "../../lib/ssh/environment.ts";
import type { Target } from "../../lib/ssh/types.ts";

export function environmentAt(home: string, more: Partial<SshEnvironment> = {}): SshEnvironment {
  return {
    home,
    agentSocket: undefined,
    user: "nobody-in-particular",
    configFiles: [join(home, ".ssh", "config")],
    globalKnownHostsFiles: [],
    variables: process.env,
    ...more,
  };
}

/** The OpsError that `work` rejects with. */
export async function failure(work: Promise<unknown>): Promise<OpsError> {
  const [result] = await Promise.allSettled([work]);
  if (result?.status !== "rejected") throw new Error("it did not fail");
  if (!(result.reason instanceof OpsError)) throw result.reason;
  return result.reason;
}

/** The ways to a host: ssh2, the system's own ssh, and none for this machine. */
export const WAYS = ["ssh", "system", "local"] as const;
export type WayName = (typeof WAYS)[number];

/** `target`, reached that way. */
export function by(way: WayName, target: Target): Target {
  if (way === "system") return { ...target, needs: "a test wants it" };
  return { ...target, via: way };
}
