// Runtimes for hosts that have none: packed, and from this machine or from each other.
import { twentieths } from "../percent.ts";
import { limiter } from "../ssh/pool.ts";
import type { Connection } from "../ssh/types.ts";
import { type Packed, packRuntime } from "../warm/pack.ts";
import { openSpread } from "../warm/spread.ts";
import type { Runtime } from "../warm/types.ts";
import { addressOf } from "./addresses.ts";
import type { Fleet, Member } from "./fleet.ts";
import { runtimesFolder } from "./runtime.ts";
import type { Survey } from "./survey.ts";

/** A host that lacks its runtime. */
export interface ColdHost {
  readonly member: Member;
  readonly connection: Connection;
  readonly survey: Survey;
  readonly runtime: Runtime;
}

/** Fewer than this get theirs from this machine sooner than they could begin to pass it on. */
const SPREAD_FROM = 3;

/**
 * Puts on each of these hosts the runtime it lacks, as `survey.cache/runtime.name`. Hosts of a kind pass it on to each
 * other, every part checked by its SHA-256; what they can't have from each other is sent from here, hashed as a whole.
 * A host that fails is a failed row.
 */
export async function warmAll(fleet: Fleet, hosts: readonly ColdHost[]): Promise<void> {
  const sending = limiter(fleet.forks);
  const kinds = Map.groupBy(hosts, ({ runtime }) => runtime.sha256).values();
  const warmKind = async (cold: readonly ColdHost[]) => {
    const [first] = cold;
    const able = cold.filter(({ survey }) => survey.unpacks);
    if (first === undefined) return;
    const { runtime } = first;
    const packed = able.length > 0 ? await packRuntime(runtime, { folder: runtimesFolder() }) : undefined;
    const spreads = packed !== undefined && able.length >= SPREAD_FROM;
    await using spread = spreads
      ? openSpread(runtime, packed, { forks: fleet.forks, signal: fleet.signal })
      : undefined;
    const coldOf = new Map(cold.map((host) => [host.member, host]));
    const warm = async (member: Member) => {
      const host = coldOf.get(member);
      if (host === undefined) throw new Error(`${member.name} is not cold`);
      if (spread !== undefined && host.survey.unpacks) {
        const { connection, survey } = host;
        const { ports } = member.reach ?? {};
        const address = await addressOf(member, member.reach?.address);
        const onProgress = progress(fleet, host, packed?.bytes ?? 0);
        if (await spread.warm({ connection, cache: survey.cache, address, ports, onProgress })) return;
        fleet.note("gets its runtime from this machine: it reaches no other host", {
          level: "detail",
          host: member.name,
        });
      }
      await sending(() => send(fleet, host, packed));
    };
    // Who waits for its turn is no work; the spread and the limit on what is sent say how many are at it.
    await fleet.each(warm, { members: [...coldOf.keys()], limit: cold.length });
  };
  await Promise.all([...kinds].map(warmKind));
}

/** The whole runtime to one host, packed where the host can unpack it. */
async function send(fleet: Fleet, host: ColdHost, packed: Packed | undefined): Promise<void> {
  const { connection, survey, runtime } = host;
  const { signal } = fleet;
  const path = `${survey.cache}/${runtime.name}`;
  const { bytes, sha256 } = runtime;
  const unpacked = survey.unpacks && packed !== undefined ? { bytes, sha256 } : undefined;
  const source = unpacked === undefined ? runtime : packed;
  const onProgress = progress(fleet, host, source?.bytes ?? 0);
  await connection.upload({ path: source?.path ?? runtime.path }, path, {
    mode: 0o700,
    unpacked,
    signal,
    onProgress,
  });
}

/** Says at each twentieth how far a host is; now that it begins. */
function progress(fleet: Fleet, { member, runtime }: ColdHost, bytes: number): (doneBytes: number) => void {
  const say = (detail: string) =>
    fleet.emit({ type: "status", host: member.name, status: "connected", detail });
  say(`sending ${runtime.name}`);
  return twentieths(bytes, (percent) => say(`sending ${runtime.name} ${percent} %`));
}
