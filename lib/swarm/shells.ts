// The `$` of a fleet and of its members: commands go over the members' own connections.
import type { ShellFleet } from "../shell/fleet-shell.ts";
import { remoteShell, type ShellHost } from "../shell/remote-shell.ts";
import type { Connection } from "../ssh/types.ts";
import { LOGINS_AT_ONCE, openWays } from "./connect.ts";
import { faultOf } from "./fault.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { isFinal } from "./state.ts";

/** Where each member's commands go. */
const places = new WeakMap<object, ShellHost>();

/** `host` as a member of `fleet`, with a `$` of its own. */
export function withShell<H extends FleetHost>(fleet: Fleet<H>, host: H): Member<H> {
  const { name } = host;
  let connecting: Promise<Connection> | undefined;
  const connect = async () => {
    const ways = openWays(fleet);
    const connection = await ways.connect(member);
    ways.tell();
    fleet.emit({ type: "status", host: name, status: "connected" });
    // A host that was told to reboot is logged in to again by the next command.
    void connection.closed.then(() => {
      if (member.connection === connection) delete member.connection;
    });
    return connection;
  };
  const place: ShellHost = {
    name,
    signal: fleet.signal,
    connection: async () => {
      if (member.connection !== undefined) return member.connection;
      // Two commands at once log in once.
      connecting ??= connect().finally(() => {
        connecting = undefined;
      });
      return connecting;
    },
    onOutput: (stream, text) => fleet.emit({ type: "output", host: name, stream, text }),
  };
  const member: Member<H> = { ...host, $: remoteShell(place) };
  places.set(member, place);
  return member;
}

/** `fleet` as its `$` needs it. */
export function shellFleet<H extends FleetHost>(fleet: Fleet<H>): ShellFleet<Member<H>> {
  return {
    well: () =>
      fleet.members.filter(({ name }) => !isFinal(fleet.status(name)) || fleet.status(name) === "ok"),
    named: (names) => fleet.members.filter(({ name }) => names.includes(name)),
    forks: fleet.forks,
    signal: fleet.signal,
    shellHost: (member) => {
      const place = places.get(member);
      if (place === undefined) throw new TypeError(`${member.name} is not of this fleet`);
      return place;
    },
    fail: (member, error) => {
      if (fleet.status(member.name) !== "ok") return fleet.fail(member, error);
      // A host that was through, and well, is so no longer.
      const fault = faultOf(error, { host: member.name, switched: false });
      fleet.emit({ type: "failed", host: member.name, status: "failed", error: fault });
    },
    skip: (member, error) => fleet.fail(member, error, "skipped"),
    each: async (members, limit, work) => {
      await fleet.each(work, { members, limit: Math.max(limit, LOGINS_AT_ONCE) });
    },
  };
}
