// What a peer needs on each host, there before the first deploy.
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "../options.ts";
import { bootstrapAll } from "../swarm/bootstrap.ts";
import type { Fleet } from "../swarm/fleet.ts";

const WARM_FLAGS = { ...FLEET_FLAGS } as const satisfies Record<string, Flag>;

/** Options of warm.ts. */
export function warmOptions(argv: readonly string[]): Parsed<typeof WARM_FLAGS> {
  return parseOptions(argv, {
    example: "bun scripts/warm.ts prod",
    about:
      "Puts the peer program, and a Bun where there is none, into ~/.cache/rookery on every matching host, as a deploy does,\nso that the first deploy is as quick as the second. Starts nothing.",
    words: "INVENTORY [PATTERN]",
    maxWords: 2,
    flags: WARM_FLAGS,
  });
}

/** `bootstrapAll`, after which each host's row says whether anything went there. */
export async function warmHosts(fleet: Fleet): Promise<string> {
  const sent = await bootstrapAll(fleet);
  for (const { name } of fleet.alive) {
    const detail = sent.has(name) ? "got what it lacked" : "had what it needs";
    fleet.emit({ type: "status", host: name, status: "ok", detail });
  }
  return `${fleet.count("ok")} of ${fleet.members.length} hosts have what a peer needs, ${sent.size} got it now`;
}
