// One login on one SSH server, over a stream that leads to it.
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import { authAttempts, authError } from "./auth.ts";
import type { Endpoint } from "./endpoint.ts";
import { gatherWrites } from "./gather.ts";
import { verifyHostKey } from "./host-key.ts";
import { hungUp } from "./hung-up.ts";
import { knownKeyTypes, readKnownHosts } from "./known-hosts.ts";
import { type DialOptions, waitFor } from "./waiting.ts";

const SAID_BYTES = 256;
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

/**
 * Logs in over `stream`: key exchange, host key, then what auth.ts has to offer.
 * @throws OpsError `host-key`, `auth`, `unreachable` (HungUp when the server hung up), `interrupted`
 */
export async function logIn(endpoint: Endpoint, stream: Duplex, options: DialOptions): Promise<Client> {
  const { user, keyName: host, port, userKnownHostsFiles, globalKnownHostsFiles, keepalive } = endpoint;
  const known = await readKnownHosts([...userKnownHostsFiles, ...globalKnownHostsFiles]);
  const { list, skipped, agentBusy } = await authAttempts(endpoint, options);
  const waiting = [...list];
  const tried: string[] = [];
  const client = new Client();
  let stage = "its SSH greeting";
  /** The first it sent, whatever it is. */
  let said = "";
  let refusal: Error | undefined;
  /** It has refused something: to hang up now is its answer, not a lack of time. */
  let refused = false;
  let wanted: readonly string[] | undefined;
  /** What must not be tried, for it would hand a secret to a stranger. */
  const unsafe = new Set<string>();
  const config: ConnectConfig = {
    sock: stream as Socket,
    username: user,
    readyTimeout: 0,
    keepaliveInterval: keepalive.intervalMs,
    keepaliveCountMax: keepalive.count,
    // Ciphers and key exchange stay as ssh2 orders them: of those that Bun has, aes128-gcm moves the most bytes for the
    // CPU, others are no cheaper to log in with, and P-256 instead of curve25519 would save a tenth of a login.
    algorithms: { serverHostKey: preferring(knownKeyTypes(known, { host, port })) },
    hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
      stage = "the login";
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
    authHandler: (allowed, partial, next) => {
      // `allowed` is null before the server has said what it takes.
      if (allowed) {
        refused ||= partial !== true;
        if (partial === true) wanted = allowed as string[];
      }
      const index = waiting.findIndex(
        ({ needs }) => !unsafe.has(needs) && (!allowed || (allowed as string[]).includes(needs)),
      );
      const [attempt] = index === -1 ? [] : waiting.splice(index, 1);
      if (attempt === undefined) return next(false as never);
      if (!tried.includes(attempt.label)) tried.push(attempt.label);
      next(attempt.method);
    },
  };
  const waitedFor = () => (agentBusy() ? "ssh-agent to sign" : stage);
  const giveUp = () => {
    client.destroy();
    stream.destroy();
  };
  return waitFor<Client>(endpoint, options, { waitedFor, giveUp, extend: agentBusy }, (resolve, reject) => {
    const over = (cause?: Error) => {
      if (refused)
        return authError(endpoint, { tried, skipped, wanted, cause: cause ?? new Error("it hung up") });
      return hungUp(endpoint, stage, { cause, said });
    };
    client.on("error", (cause: Error & { level?: string }) => {
      // An agent that can't be asked is only one thing tried in vain.
      if (cause.level === "agent") return void skipped.push(`ssh-agent (${cause.message})`);
      if (refusal !== undefined) return reject(refusal);
      const authentication = cause.level === "client-authentication" || /too many auth/i.test(cause.message);
      reject(authentication ? authError(endpoint, { tried, skipped, wanted, cause }) : over(cause));
    });
    client.once("close", () => reject(refusal ?? over()));
    client.once("ready", () => resolve(client));
    // Reset between its connection and now, which ssh2 would wait for in vain.
    if (stream.destroyed) return reject(hungUp(endpoint, stage));
    gatherWrites(stream);
    client.connect(config);
    // Only now, for a listener would make the stream flow before ssh2 reads from it.
    stream.once("data", (bytes: Buffer) => {
      said = bytes.toString("latin1", 0, SAID_BYTES);
      if (said.includes("SSH-") && stage === "its SSH greeting") stage = "its host key";
    });
  });
}

function preferring(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const names = types.flatMap((type) =>
    type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", type] : [type],
  );
  const first = HOST_KEY_TYPES.filter((type) => names.includes(type));
  return [...first, ...HOST_KEY_TYPES.filter((type) => !first.includes(type))];
}
