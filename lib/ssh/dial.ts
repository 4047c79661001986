// One login on one SSH server, over TCP or through a server before it.
import { connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import { OpsError } from "../errors.ts";
import { authAttempts, authError } from "./auth.ts";
import type { Endpoint } from "./endpoint.ts";
import { verifyHostKey } from "./host-key.ts";
import { knownKeyTypes, readKnownHosts } from "./known-hosts.ts";
import { interrupted } from "./pool.ts";

export interface DialOptions {
  readonly home: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Thrown when a server hung up before we had logged in: busy (MaxStartups) more often than broken. */
export class HungUp extends OpsError {}

/** Longer than any round trip, shorter than the kernel looks for a neighbour. */
const REFUSED_WITHIN_MS = 900;
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_COUNT = 3;
// ssh2's own order, best first; a host's known key types are moved to the front.
const HOST_KEY_TYPES: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
];

/** A TCP connection to the endpoint. */
export function openSocket(endpoint: Endpoint, { timeoutMs, signal }: DialOptions): Promise<Socket> {
  const { address, port, host } = endpoint;
  const socket = connectSocket({ host: address, port, noDelay: true });
  const startedAtMs = performance.now();
  return settle<Socket>(
    endpoint,
    { timeoutMs, signal, waitedFor: () => "the TCP connection", giveUp: () => socket.destroy() },
    (resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("error", (cause: NodeJS.ErrnoException) =>
        reject(socketError(cause, { host, address, port, afterMs: performance.now() - startedAtMs })),
      );
    },
  );
}

/**
 * Logs in over `stream`: key exchange, host key, then what auth.ts has to offer.
 * @throws OpsError `host-key`, `auth`, `unreachable` (HungUp when the server hung up), `interrupted`
 */
export async function logIn(endpoint: Endpoint, stream: Duplex, options: DialOptions): Promise<Client> {
  const { user, keyName: host, port, userKnownHostsFiles, globalKnownHostsFiles } = endpoint;
  const known = await readKnownHosts([...userKnownHostsFiles, ...globalKnownHostsFiles]);
  const { list, skipped } = await authAttempts(endpoint, options);
  const waiting = [...list];
  const unusable = [...skipped];
  const tried: string[] = [];
  const client = new Client();
  let stage = "its SSH greeting and host key";
  let refusal: Error | undefined;
  /** What must not be tried, for it would hand a secret to a stranger. */
  const unsafe = new Set<string>();
  const config: ConnectConfig = {
    sock: stream as Socket,
    username: user,
    readyTimeout: 0,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_COUNT,
    algorithms: { serverHostKey: preferring(knownKeyTypes(known, { host, port })) },
    hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
      stage = "the end of the login";
      verifyHostKey(endpoint, known, key).then(
        (trust) => {
          if (trust === "unchecked") unsafe.add("password").add("keyboard-interactive");
          verify(true);
        },
        (error: Error) => {
          refusal = error;
          verify(false);
        },
      );
    },
    authHandler: (allowed, _partial, next) => {
      // `allowed` is null before the server has said what it takes.
      const index = waiting.findIndex(
        ({ needs }) => !unsafe.has(needs) && (!allowed || (allowed as string[]).includes(needs)),
      );
      const [attempt] = index === -1 ? [] : waiting.splice(index, 1);
      if (attempt === undefined) return next(false as never);
      if (!tried.includes(attempt.label)) tried.push(attempt.label);
      next(attempt.method);
    },
  };
  const waitedFor = () => stage;
  const giveUp = () => {
    client.destroy();
    stream.destroy();
  };
  return settle<Client>(endpoint, { ...options, waitedFor, giveUp }, (resolve, reject) => {
    client.on("error", (cause: Error & { level?: string }) => {
      // An agent that can't be asked is only one thing tried in vain.
      if (cause.level === "agent") return void unusable.push(`ssh-agent (${cause.message})`);
      if (refusal !== undefined) return reject(refusal);
      const authentication = cause.level === "client-authentication" || /too many auth/i.test(cause.message);
      reject(
        authentication
          ? authError(endpoint, { tried, skipped: unusable, cause })
          : hungUp(endpoint, stage, cause),
      );
    });
    client.once("close", () => reject(refusal ?? hungUp(endpoint, stage)));
    client.once("ready", () => resolve(client));
    client.connect(config);
  });
}

/** A stream to `endpoint` through `client`, the server before it. */
export function openThrough(client: Client, endpoint: Endpoint, options: DialOptions): Promise<Duplex> {
  const { address, port, host } = endpoint;
  const waitedFor = () => "the jump host to connect";
  return settle<Duplex>(
    endpoint,
    { ...options, waitedFor, giveUp: () => client.destroy() },
    (resolve, reject) => {
      client.once("close", () => reject(hungUp(endpoint, "the jump host to connect")));
      client.forwardOut("127.0.0.1", 0, address, port, (error, stream) => {
        if (error === undefined) {
          // Of a host that died the jump host may tell only that nothing more comes: ssh2 keeps the other half open.
          stream.once("end", () => stream.destroy());
          return resolve(stream);
        }
        const message = `${host}: the jump host can't reach ${address}:${port}: ${error.message}`;
        reject(new OpsError("unreachable", message, { host, cause: error }));
      });
    },
  );
}

function preferring(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const names = types.flatMap((type) =>
    type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", type] : [type],
  );
  const first = HOST_KEY_TYPES.filter((type) => names.includes(type));
  return [...first, ...HOST_KEY_TYPES.filter((type) => !first.includes(type))];
}

interface Waiting {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly waitedFor: () => string;
  /** Lets go of whatever was begun; called when the wait ends without success. */
  readonly giveUp: () => void;
}

async function settle<T>(
  { host, address, port }: Endpoint,
  { timeoutMs, signal, waitedFor, giveUp }: Waiting,
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    const message = `${host}: ${address}:${port} did not answer within ${timeoutMs / 1000} s (waited for ${waitedFor()})`;
    reject(new OpsError("unreachable", message, { host, hint: "check that the host is up and lets us in" }));
  }, timeoutMs);
  const abort = () => signal && reject(interrupted(signal, host));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    begin(resolve, reject);
    return await promise;
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function hungUp({ host, address, port }: Endpoint, stage: string, cause?: Error): OpsError {
  const why = cause === undefined ? "" : `: ${cause.message}`;
  if (cause !== undefined && !/before handshake|ECONNRESET|EPIPE/i.test(cause.message)) {
    return new OpsError(
      "unreachable",
      `${host}: no login on ${address}:${port} (waited for ${stage})${why}`,
      { host, cause },
    );
  }
  return new HungUp("unreachable", `${host}: ${address}:${port} hung up (waited for ${stage})${why}`, {
    host,
    hint: "see what its sshd logged; a busy one may need a higher MaxStartups",
    cause,
  });
}

function socketError(
  cause: NodeJS.ErrnoException,
  { host, address, port, afterMs }: { host: string; address: string; port: number; afterMs: number },
): OpsError {
  const place = `${address}:${port}`;
  if (cause.syscall === "getaddrinfo" || cause.code === "ENOTFOUND" || cause.code === "EAI_AGAIN") {
    const hint = `set ansible_host for ${host}, or check the name`;
    return new OpsError("unreachable", `${host}: no address is known for ${address} (waited for DNS)`, {
      host,
      hint,
      cause,
    });
  }
  // Bun (1.4) calls every connection that fails refused; a refusal is there within a round trip, a missing host is not.
  if (cause.code === "ECONNREFUSED" && afterMs >= REFUSED_WITHIN_MS) {
    const hint = `check that the host is up, and ansible_host for ${host}`;
    return new OpsError("unreachable", `${host}: no host answers at ${place}`, { host, hint, cause });
  }
  if (cause.code === "ECONNREFUSED") {
    const hint = "check that sshd runs there, that ansible_port is right, and that a route leads there";
    return new OpsError("unreachable", `${host}: ${place} refused the connection`, { host, hint, cause });
  }
  if (cause.code === "ECONNRESET")
    return new HungUp("unreachable", `${host}: ${place} hung up: ${cause.message}`, { host, cause });
  return new OpsError("unreachable", `${host}: can't connect to ${place}: ${cause.message}`, { host, cause });
}
