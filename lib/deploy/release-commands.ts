// The operator's commands of a release, on one host.
import { OpsError } from "../errors.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import type { PlannedHost } from "./hosts.ts";

/** Of a hint, for hosts that have not gone back already. */
export const OR_GO_BACK = ", or go back with rollback.ts";

/**
 * Runs `commands`, those of the inventory's `setting`, in release `id`, one after the other.
 * @throws OpsError `remote` at the first that fails, which is named by its place in the inventory
 */
export async function runCommands(
  fleet: Fleet<PlannedHost>,
  member: Member<PlannedHost>,
  id: string,
  commands: readonly string[],
  setting: string,
): Promise<void> {
  const { deployTo } = member.settings;
  for (const [index, command] of commands.entries()) {
    const { exitCode } = await peerOf(member).request(
      "command",
      { deployTo, id, command, env: {} },
      { signal: fleet.signal },
    );
    if (exitCode === 0) continue;
    // The command's text may hold rendered secrets: it is named by its place in the inventory instead.
    throw new OpsError("remote", `${setting}[${index}] ended with exit code ${exitCode}`, {
      host: member.name,
      hint: setting.includes("after")
        ? `see the output above${OR_GO_BACK}`
        : "see the output above; current was not switched",
    });
  }
}
