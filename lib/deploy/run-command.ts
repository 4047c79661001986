// Ad hoc commands on hosts, and the options of the scripts that only look.
import { OpsError } from "../errors.ts";
import { FLEET_FLAGS, type Flag, type Parsed, parseOptions } from "../options.ts";
import { limiter } from "../ssh/pool.ts";
import type { Output } from "../ssh/types.ts";
import { LOGINS_AT_ONCE, openWays } from "../swarm/connect.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";

const RUN_FLAGS = {
  ...FLEET_FLAGS,
  timeout: { type: "count", value: "SECONDS", min: 1, help: "give a host's command up after so long" },
} as const satisfies Record<string, Flag>;

/** Options of run.ts. */
export function runOptions(argv: readonly string[]): Parsed<typeof RUN_FLAGS> {
  const options = parseOptions(argv, {
    example: "bun scripts/run.ts prod web -- uptime",
    about: `Runs a command on every matching host. One word after -- is a line for the host's shell; several are
taken as they are.`,
    words: "INVENTORY [PATTERN] -- COMMAND",
    maxWords: 2,
    flags: RUN_FLAGS,
  });
  if (options.rest === undefined || options.rest.length === 0) {
    throw new OpsError("usage", "which command?", {
      hint: "put it after --, for example: bun scripts/run.ts prod web -- uptime",
    });
  }
  return options;
}

/** What a command said on one host. */
export interface CommandResult extends Output {
  readonly host: string;
}

/**
 * Runs `words` on every host that is alive, `forks` at a time, and hands out each host's result as it comes. Another exit
 * code than 0 makes it a failed host. Hosts not connected yet are connected for as long as their command takes: a
 * thousand hosts need no thousand connections.
 */
export async function runAll(
  fleet: Fleet,
  words: readonly string[],
  {
    timeoutMs,
    onResult,
  }: { readonly timeoutMs?: number | undefined; readonly onResult: (result: CommandResult) => void },
): Promise<void> {
  const [line = ""] = words;
  const argv = words.length === 1 ? ["sh", "-c", line] : words;
  const slot = limiter(fleet.forks);
  const ways = openWays(fleet);
  const one = async (member: Member) => {
    const { name } = member;
    const open = member.connection;
    const connection = open ?? (await ways.connect(member));
    const output = await slot(() => connection.run(argv, { signal: fleet.signal, timeoutMs }));
    if (open === undefined) await connection[Symbol.asyncDispose]();
    onResult({ host: name, ...output });
    if (output.exitCode !== 0)
      throw new OpsError("remote", `the command ended with exit code ${output.exitCode}`, { host: name });
    fleet.emit({ type: "status", host: name, status: "ok" });
  };
  await fleet.each(one, { limit: Math.max(fleet.forks, LOGINS_AT_ONCE) });
  ways.tell();
}
