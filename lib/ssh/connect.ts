// Target → Connection.
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import { openChannel } from "./channel.ts";
import { connectionOver } from "./connection.ts";
import { type DialOptions, HungUp, logIn, openSocket, openThrough } from "./dial.ts";
import type { Endpoint } from "./endpoint.ts";
import { type SshEnvironment, sshEnvironment } from "./environment.ts";
import { localTransport } from "./local.ts";
import type { Exit, Transport } from "./pipes.ts";
import { interrupted, limiter, throwIfInterrupted } from "./pool.ts";
import { lost } from "./program.ts";
import { systemTransport } from "./system.ts";
import type { Connection, Target } from "./types.ts";
import { wayTo } from "./way.ts";

export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each step of each hop: TCP, then the login; else what the target says, else 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly env?: SshEnvironment | undefined;
  /** Told when it takes the system's own ssh, and why, in words that fit any host. */
  readonly onSystem?: ((reason: string) => void) | undefined;
}

/** sshd begins to drop connections when 10 are logging in at once (MaxStartups 10:30:100), so the tail retries. */
const STARTS_AT_ONCE = 30;
const DEFAULT_TIMEOUT_MS = 10_000;
const RETRIES = 3;
const RETRY_MS = 200;
const GOODBYE_MS = 500;

/**
 * Connects to a host, checking its host key first and through its jump hosts where it has some.
 * @throws OpsError `unreachable`, `host-key`, `auth`, `setting` (ssh_config we can't follow), `interrupted`
 */
export async function connect(
  target: Target,
  {
    signal,
    timeoutMs = target.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    env = sshEnvironment(),
    onSystem,
  }: ConnectOptions = {},
): Promise<Connection> {
  throwIfInterrupted(signal, target.name);
  return connectionOver(await transportTo(target, { env, timeoutMs, signal, onSystem }), { signal });
}

async function transportTo(
  target: Target,
  {
    env,
    onSystem,
    ...options
  }: Pick<ConnectOptions, "signal" | "onSystem"> & { env: SshEnvironment; timeoutMs: number },
): Promise<Transport> {
  if (target.via === "local") return localTransport(target, env);
  const way = await wayTo(target, env);
  const { signal, timeoutMs } = options;
  if (way.needs === undefined)
    return sshTransport(target, way.route, env, { home: env.home, timeoutMs, signal });
  onSystem?.(way.needs);
  return systemTransport(target, way.needs, { env, timeoutMs, signal });
}

async function sshTransport(
  target: Target,
  route: readonly Endpoint[],
  env: SshEnvironment,
  options: DialOptions,
): Promise<Transport> {
  const clients = await travel(route, options);
  const client = clients.list[clients.list.length - 1] as Client;
  const { socket } = clients;
  const host = target.name;
  const live = new Set<(exit: Exit) => void>();
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<Error | undefined>();
  let closing = false;
  let trouble: Error | undefined;
  // Addresses are gone once the socket is.
  const remoteAddress =
    route.length > 1 ? (route.at(-1)?.address ?? target.address) : plain(socket.remoteAddress);
  const localAddress = plain(socket.localAddress);
  client.on("error", (error) => {
    trouble ??= error;
  });
  client.once("close", () => {
    setClosed(closing ? undefined : lost(host, trouble));
    for (const settle of live) settle({ code: null, signal: undefined });
    live.clear();
    endAll(clients.list);
  });
  return {
    target,
    remoteAddress,
    localAddress,
    user: route.at(-1)?.user ?? env.user,
    closed,
    open: (argv) => openChannel(client, argv, { host, live, trouble: () => trouble }),
    close: async () => {
      closing = true;
      endAll(clients.list);
      // A host that has stopped answering won't say goodbye either.
      const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

interface Travelled {
  /** One a hop, nearest first. */
  readonly list: readonly Client[];
  /** The TCP connection under the nearest. */
  readonly socket: Socket;
}

/** Logs in hop by hop, starting anew when a server hangs up on us half-way. */
async function travel(route: readonly Endpoint[], options: DialOptions): Promise<Travelled> {
  const [first] = route;
  if (first === undefined) throw new TypeError("an empty route");
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await startsAt(`${first.address}:${first.port}`)(() => travelOnce(route, options));
    } catch (error) {
      if (!(error instanceof HungUp) || attempt === RETRIES) throw error;
    }
    await pause(RETRY_MS * 2 ** attempt * (0.5 + Math.random()), options.signal, first.host);
  }
}

async function travelOnce(route: readonly Endpoint[], options: DialOptions): Promise<Travelled> {
  const list: Client[] = [];
  let socket: Socket | undefined;
  try {
    for (const endpoint of route) {
      const before = list.at(-1);
      let stream: Duplex;
      if (before === undefined) stream = socket = await openSocket(endpoint, options);
      else stream = await openThrough(before, endpoint, options);
      list.push(await logIn(endpoint, stream, options));
    }
    return { list, socket: socket as Socket };
  } catch (error) {
    endAll(list);
    socket?.destroy();
    throw error;
  }
}

/** Farthest first, so that each says goodbye over the one before it. */
function endAll(clients: readonly Client[]): void {
  for (const client of [...clients].reverse()) client.end();
}

const gates = new Map<string, ReturnType<typeof limiter>>();

/** One gate for each server we dial (a bastion, mostly): a dead host must not hold up the others. */
function startsAt(server: string): ReturnType<typeof limiter> {
  const gate = gates.get(server) ?? limiter(STARTS_AT_ONCE);
  gates.set(server, gate);
  return gate;
}

async function pause(delayMs: number, signal: AbortSignal | undefined, host: string): Promise<void> {
  throwIfInterrupted(signal, host);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  const abort = () => signal && reject(interrupted(signal, host));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** IPv4 addresses may come wrapped as IPv6 (`::ffff:10.0.0.1`). */
function plain(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}
