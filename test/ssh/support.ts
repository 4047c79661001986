// Surroundings of their own for ssh tests: nothing of the machine's ~/.ssh or agent takes part.
import { join } from "node:path";
import { OpsError } from "../../lib/errors.ts";
import type { SshEnvironment } from "../../lib/ssh/environment.ts";

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
