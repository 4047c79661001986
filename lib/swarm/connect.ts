// Every host of a fleet: connected and surveyed, or a row that says why not.
import { connect } from "../ssh/connect.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { survey } from "./survey.ts";

/**
 * Connects to all hosts, `forks` at a time, and looks at what each is and holds, unless `surveyed` is false: a script
 * that only runs commands needn't know. `deployTo`: where its releases are.
 */
export async function connectAll<H extends FleetHost>(
  fleet: Fleet<H>,
  {
    deployTo,
    surveyed = true,
  }: { readonly deployTo?: (member: Member<H>) => string; readonly surveyed?: boolean } = {},
): Promise<void> {
  await fleet.phase("connect", async () => {
    await fleet.each(async (member) => {
      fleet.emit({ type: "status", host: member.name, status: "connecting" });
      const connection = await connect(member.target, { signal: fleet.signal });
      member.connection = connection;
      if (surveyed)
        member.survey = await survey(connection, { deployTo: deployTo?.(member), signal: fleet.signal });
      fleet.emit({ type: "status", host: member.name, status: "connected" });
      void connection.closed.then((reason) => {
        if (reason === undefined) return;
        fleet.note(`connection closed: ${reason.message}`, { level: "detail", host: member.name });
      });
    });
  });
}
