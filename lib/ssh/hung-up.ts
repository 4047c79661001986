// A server that hangs up before we have logged in, which is worth another try.
import { OpsError } from "../errors.ts";
import { type Endpoint, placeOf } from "./endpoint.ts";

/** Thrown when a server hung up before we had logged in: busy (MaxStartups) more often than broken. */
export class HungUp extends OpsError {}

/**
 * The error for a login that ended early: HungUp, unless `cause` or the first that it `said` shows that it would end so
 * again.
 */
export function hungUp(
  endpoint: Endpoint,
  stage: string,
  { cause, said = "" }: { readonly cause?: Error | undefined; readonly said?: string } = {},
): OpsError {
  const { host } = endpoint;
  const place = placeOf(endpoint);
  const unreachable = (message: string, hint?: string) =>
    new OpsError("unreachable", `${host}: ${message}`, { host, hint, cause });
  // sshd 9.8 and later shuts out for a while whom it had trouble with; trying again makes it longer.
  if (/^not allowed at this time/i.test(said)) {
    const hint = "wait, or add this machine to PerSourcePenaltyExemptList in its sshd_config";
    return unreachable(`${place} has shut us out for a while (PerSourcePenalties)`, hint);
  }
  if (said !== "" && !/^exceeded maxstartups|(^|\n)SSH-/i.test(said)) {
    const line = said
      .split("\n")[0]
      ?.replace(/\p{Cc}+/gu, " ")
      .trim();
    const hint = endpoint.jump ? "check the port of the jump host" : `check ansible_port of ${host}`;
    return unreachable(`${place} is no SSH server: it said ${JSON.stringify(line)}`, hint);
  }
  const why = cause === undefined ? "" : `: ${cause.message}`;
  if (cause !== undefined && !/before handshake|ECONNRESET|EPIPE/i.test(cause.message))
    return unreachable(`no login on ${place} (waited for ${stage})${why}`);
  return new HungUp("unreachable", `${host}: ${place} hung up (waited for ${stage})${why}`, {
    host,
    hint: "see what its sshd logged; a busy one may need a higher MaxStartups",
    cause,
  });
}
