// Every host of a fleet: connected and surveyed, or a row that says why not.
import { connect } from "../ssh/connect.ts";
import { limiter } from "../ssh/pool.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { survey } from "./survey.ts";

/**
 * Logins under way at a time: more than `forks`, which bounds work on hosts, so that dead ones don't hold up the others;
 * few enough that this machine's own share of them (some 5 ms each) stays far below a login's deadline.
 */
const LOGINS_AT_ONCE = 200;

/**
 * Connects to all hosts and looks, `forks` at a time, at what each is and holds, unless `surveyed` is false: a script
 * that only runs commands needn't know. `deployTo`: where its releases are.
 */
export async function connectAll<H extends FleetHost>(
  fleet: Fleet<H>,
  {
    deployTo,
    surveyed = true,
  }: { readonly deployTo?: (member: Member<H>) => string; readonly surveyed?: boolean } = {},
): Promise<void> {
  const slot = limiter(fleet.forks);
  const bySystem = new Map<string, string[]>();
  await fleet.phase("connect", async () => {
    const one = async (member: Member<H>) => {
      fleet.emit({ type: "status", host: member.name, status: "connecting" });
      const onSystem = (reason: string) =>
        void bySystem.set(reason, [...(bySystem.get(reason) ?? []), member.name]);
      const connection = await connect(member.target, { signal: fleet.signal, onSystem });
      member.connection = connection;
      if (surveyed)
        member.survey = await slot(() =>
          survey(connection, { deployTo: deployTo?.(member), signal: fleet.signal }),
        );
      fleet.emit({ type: "status", host: member.name, status: "connected" });
      void connection.closed.then((reason) => {
        if (reason === undefined) return;
        fleet.note(`connection closed: ${reason.message}`, { level: "detail", host: member.name });
      });
    };
    await fleet.each(one, { limit: Math.max(fleet.forks, LOGINS_AT_ONCE) });
  });
  // Once a reason, for a thousand hosts mostly share one.
  for (const [reason, hosts] of bySystem) fleet.note(systemNote(reason, hosts), { level: "detail" });
}

const NAMED_HOSTS = 10;

function systemNote(reason: string, hosts: readonly string[]): string {
  const more = hosts.length > NAMED_HOSTS ? ` and ${hosts.length - NAMED_HOSTS} more` : "";
  return `${hosts.slice(0, NAMED_HOSTS).join(", ")}${more}: by the system's own ssh, for ${reason}`;
}
