// From a connection to a running peer: runtime and program into the host's cache where they are missing, then start.
import { bundlePeer } from "../peer/bundle.ts";
import { openPeer, type Peer } from "../peer/client.ts";
import { START_SCRIPT } from "../warm/start-script.ts";
import type { Fleet, Member } from "./fleet.ts";
import { ownBun, runtimeFor } from "./runtime.ts";
import { isFinal } from "./state.ts";
import { type ColdHost, warmAll } from "./warm.ts";

/**
 * Puts on each host what it lacks to run a peer. A host's own Bun is used where it is new enough; else one that fits
 * travels, once, and stays in `~/.cache/rookery` under a name that holds its version and hash.
 * @returns names of the hosts that something was sent to
 */
export async function bootstrapAll(fleet: Fleet): Promise<ReadonlySet<string>> {
  const sent = new Set<string>();
  if (fleet.alive.every(({ command }) => command !== undefined)) return sent;
  await fleet.phase("bootstrap", async () => {
    const program = await bundlePeer();
    const cold: ColdHost[] = [];
    const runtimes = await fleet.each(async (member) => {
      const { connection, survey } = opened(member);
      if (connection.target.via === "local") return process.execPath;
      const own = ownBun(survey);
      if (own !== undefined) return own;
      const runtime = await runtimeFor(survey.platform);
      if (survey.cached.get(runtime.name) !== runtime.bytes)
        cold.push({ member, connection, survey, runtime });
      return `${survey.cache}/${runtime.name}`;
    });
    await warmAll(fleet, cold);
    for (const { member } of cold) sent.add(member.name);
    await fleet.each(async (member) => {
      const { connection, survey } = opened(member);
      const say = (detail: string) =>
        fleet.emit({ type: "status", host: member.name, status: "connected", detail });
      const path = `${survey.cache}/${program.name}`;
      if (survey.cached.get(program.name) !== program.code.length) {
        say(`sending ${program.name}`);
        await connection.upload(program.code, path, { mode: 0o700, signal: fleet.signal });
        sent.add(member.name);
      }
      const runtime = runtimes.get(member);
      if (runtime === undefined) throw new Error(`no runtime for ${member.name}`);
      member.command = ["sh", "-c", START_SCRIPT, "sh", survey.cache, runtime, path];
      say("has what it needs");
    });
  });
  return sent;
}

/** Starts the peer on every host that is ready for one and has none. */
export async function startPeers(fleet: Fleet): Promise<void> {
  const members = fleet.alive.filter(({ peer }) => peer === undefined);
  const start = async (member: Member) => {
    if (member.command === undefined) throw new Error(`${member.name} was not bootstrapped`);
    const { connection } = opened(member);
    const beginMs = performance.now();
    const peer = await openPeer(await connection.start(member.command), connection);
    member.peer = peer;
    member.peerStartMs = performance.now() - beginMs;
    peer.onEvent((event) => {
      if (event.type === "output") fleet.emit({ ...event, host: member.name });
      const status = fleet.status(member.name);
      if (event.type === "detail" && !isFinal(status))
        fleet.emit({ type: "status", host: member.name, status, detail: event.text });
    });
    // A peer that ends by itself takes its host out, whatever it was doing.
    void peer.gone.then((reason) => {
      if (reason !== undefined) fleet.fail(member, reason);
    });
    fleet.emit({ type: "status", host: member.name, status: "ready" });
  };
  await fleet.each(start, { members });
}

/** The peer that runs on a host; there is one from `startPeers` on. */
export function peerOf({ name, peer }: Member): Peer {
  if (peer === undefined) throw new Error(`${name} has no peer running`);
  return peer;
}

function opened({ name, connection, survey }: Member) {
  if (connection === undefined || survey === undefined) throw new Error(`${name} is not connected`);
  return { connection, survey };
}
