// Every host of a fleet: connected and surveyed, or a row that says why not.
import { connect } from "../ssh/connect.ts";
import type { Connection } from "../ssh/types.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { survey } from "./survey.ts";

/** Connects to all hosts, `forks` at a time, and looks at what each is and holds. `deployTo`: where its releases are. */
export async function connectAll<H extends FleetHost>(
  fleet: Fleet<H>,
  { deployTo }: { readonly deployTo?: (member: Member<H>) => string } = {},
): Promise<void> {
  await fleet.phase("connect", async () => {
    await fleet.each(async (member) => {
      const connection = await connectHost(fleet, member);
      member.survey = await survey(connection, { deployTo: deployTo?.(member), signal: fleet.signal });
      fleet.emit({ type: "status", host: member.name, status: "connected" });
      void connection.closed.then((reason) => {
        if (reason === undefined) return;
        fleet.note(`connection closed: ${reason.message}`, { level: "detail", host: member.name });
      });
    });
  });
}

/** Connects to one host, without a look at it. */
export async function connectHost<H extends FleetHost>(
  fleet: Fleet<H>,
  member: Member<H>,
): Promise<Connection> {
  fleet.emit({ type: "status", host: member.name, status: "connecting" });
  const connection = await connect(member.target, { signal: fleet.signal });
  member.connection = connection;
  return connection;
}
