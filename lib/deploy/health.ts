// The health checks of one host.
import { OpsError } from "../errors.ts";
import { peerOf } from "../swarm/bootstrap.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import type { PlannedHost } from "./hosts.ts";

/**
 * Every check of `rookery_health`, one after the other, on the host, for release `id`.
 * @throws OpsError `remote` at the first that stays unwell: its place in the inventory, how often, and the last status or exit code
 */
export async function checkHealth(
  fleet: Fleet<PlannedHost>,
  member: Member<PlannedHost>,
  id: string,
): Promise<void> {
  const { deployTo, health, healthRetries, healthDelaySeconds, healthTimeoutSeconds } = member.settings;
  for (const [index, check] of health.entries()) {
    const params = {
      ...{ deployTo, id, check, retries: healthRetries },
      ...{ delayMs: healthDelaySeconds * 1000, timeoutMs: healthTimeoutSeconds * 1000 },
    };
    const { well, tries, last } = await peerOf(member).request("health", params, { signal: fleet.signal });
    if (well) continue;
    const times = tries === 1 ? "" : `, tried ${tries} times`;
    throw new OpsError("remote", `${nameOf(check, index)} is not well: ${last}${times}`, {
      host: member.name,
      hint: "see the app's own log there, or allow it more time with rookery_health_retries",
    });
  }
}

/** A command by its place, for its text may hold secrets, as may what a URL has beside host and path. */
function nameOf(check: string, index: number): string {
  const place = `rookery_health[${index}]`;
  if (!/^https?:\/\//i.test(check) || !URL.canParse(check)) return place;
  const { origin, pathname, search } = new URL(check);
  return `${place}, ${origin}${pathname}${search === "" ? "" : "?…"},`;
}
