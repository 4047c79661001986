// Target → Connection.
import { reach } from "./bastions.ts";
import { openChannel } from "./channel.ts";
import { connectionOver } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import { type SshEnvironment, sshEnvironment } from "./environment.ts";
import { localTransport } from "./local.ts";
import type { Exit, Transport } from "./pipes.ts";
import { throwIfInterrupted } from "./pool.ts";
import { lost } from "./program.ts";
import { systemTransport } from "./system.ts";
import type { Connection, Target } from "./types.ts";
import { DEFAULT_TIMEOUT_MS, type DialOptions, patience } from "./waiting.ts";
import { wayTo } from "./way.ts";

export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each step of each hop: TCP, then the login; else what the target or ssh_config says, else 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly env?: SshEnvironment | undefined;
  /** Told when it takes the system's own ssh, and why, in words that fit any host. */
  readonly onSystem?: ((reason: string) => void) | undefined;
}

/** A host may start its first command late, while PAM sets up the session: so much longer than a step of the login. */
const START_FACTOR = 3;
const GOODBYE_MS = 500;

/**
 * Connects to a host, checking its host key first and through its jump hosts where it has some.
 * @throws OpsError `unreachable`, `host-key`, `auth`, `setting` (ssh_config we can't follow), `interrupted`
 *
 * @example
 * const [host] = inventory.match("web1");
 * await using connection = await connect(targetOf(inventory, host), { signal });
 * const { exitCode, stdout } = await connection.run(["uname", "-r"]);
 */
export async function connect(
  target: Target,
  { signal, timeoutMs, env = sshEnvironment(), onSystem }: ConnectOptions = {},
): Promise<Connection> {
  throwIfInterrupted(signal, target.name);
  return connectionOver(await transportTo(target, { env, timeoutMs, signal, onSystem }));
}

async function transportTo(
  target: Target,
  {
    env,
    onSystem,
    ...options
  }: Pick<ConnectOptions, "signal" | "timeoutMs" | "onSystem"> & { env: SshEnvironment },
): Promise<Transport> {
  if (target.via === "local") return localTransport(target, env);
  const way = await wayTo(target, env);
  const { signal, timeoutMs } = options;
  if (way.needs === undefined) return sshTransport(target, way.route, { home: env.home, timeoutMs, signal });
  onSystem?.(way.needs);
  const patienceMs = timeoutMs ?? target.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  return systemTransport(target, way.needs, { env, timeoutMs: patienceMs, signal });
}

async function sshTransport(
  target: Target,
  route: readonly Endpoint[],
  options: DialOptions,
): Promise<Transport> {
  const last = route.at(-1) as Endpoint;
  const { client, stream, socket, blocked, leave } = await reach(route, options);
  const host = target.name;
  const live = new Set<(exit: Exit) => void>();
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<Error | undefined>();
  let closing = false;
  let trouble: Error | undefined;
  const reason = () => lost(host, trouble, blocked());
  // Addresses are gone once the socket is.
  const remoteAddress = route.length > 1 ? last.address : plain(socket.remoteAddress);
  const localAddress = plain(socket.localAddress);
  client.on("error", (error) => {
    trouble ??= error;
  });
  const over = () => {
    setClosed(closing ? undefined : reason());
    for (const settle of live) settle({ code: null, signal: undefined });
    live.clear();
    leave();
  };
  client.once("close", over);
  return {
    target,
    remoteAddress,
    localAddress,
    user: last.user,
    closed,
    open: (argv) =>
      openChannel(client, argv, {
        host,
        live,
        lost: reason,
        timeoutMs: START_FACTOR * patience(last, options.timeoutMs),
      }),
    close: async () => {
      closing = true;
      leave();
      // A host that has stopped answering won't say goodbye either, nor will the one on the way there.
      const timer = setTimeout(() => {
        stream.destroy();
        over();
      }, GOODBYE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** IPv4 addresses may come wrapped as IPv6 (`::ffff:10.0.0.1`). */
function plain(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}
