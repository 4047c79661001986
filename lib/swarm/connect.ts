// Every host of a fleet: connected and surveyed, or a row that says why not.
import { connect } from "../ssh/connect.ts";
import { limiter } from "../ssh/pool.ts";
import type { Connection } from "../ssh/types.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { survey } from "./survey.ts";

/**
 * Logins under way at a time: more than `forks`, which bounds work on hosts, so that dead ones don't hold up the others;
 * few enough that this machine's own share of them (some 5 ms each) stays far below a login's deadline.
 */
export const LOGINS_AT_ONCE = 200;
const NAMED_HOSTS = 10;

/** Connects to all hosts and looks, `forks` at a time, at what each is and holds. `deployTo`: where its releases are. */
export async function connectAll<H extends FleetHost>(
  fleet: Fleet<H>,
  { deployTo }: { readonly deployTo?: (member: Member<H>) => string } = {},
): Promise<void> {
  const slot = limiter(fleet.forks);
  const ways = openWays(fleet);
  await fleet.phase("connect", async () => {
    const one = async (member: Member<H>) => {
      const connection = await ways.connect(member);
      const { signal } = fleet;
      member.survey = await slot(() => survey(connection, { deployTo: deployTo?.(member), signal }));
      fleet.emit({ type: "status", host: member.name, status: "connected" });
      void connection.closed.then((reason) => {
        if (reason === undefined) return;
        fleet.note(`connection closed: ${reason.message}`, { level: "detail", host: member.name });
      });
    };
    await fleet.each(one, { limit: Math.max(fleet.forks, LOGINS_AT_ONCE) });
  });
  ways.tell();
}

/** Connects to hosts without a look at them; `tell` notes which of them took the system's own ssh, and why. */
export function openWays<H extends FleetHost>(
  fleet: Fleet<H>,
): { connect(member: Member<H>): Promise<Connection>; tell(): void } {
  const bySystem = new Map<string, string[]>();
  return {
    connect: async (member) => {
      fleet.emit({ type: "status", host: member.name, status: "connecting" });
      const onSystem = (reason: string) =>
        void bySystem.set(reason, [...(bySystem.get(reason) ?? []), member.name]);
      const connection = await connect(member.target, { signal: fleet.signal, onSystem });
      member.connection = connection;
      return connection;
    },
    // Once a reason, for a thousand hosts mostly share one.
    tell: () => {
      for (const [reason, hosts] of bySystem) fleet.note(systemNote(reason, hosts), { level: "detail" });
    },
  };
}

function systemNote(reason: string, hosts: readonly string[]): string {
  const more = hosts.length > NAMED_HOSTS ? ` and ${hosts.length - NAMED_HOSTS} more` : "";
  return `${hosts.slice(0, NAMED_HOSTS).join(", ")}${more}: by the system's own ssh, for ${reason}`;
}
