// A TCP connection to a server, or why there is none.
import { lookup } from "node:dns";
import { connect as connectSocket, isIP, type Socket } from "node:net";
import { OpsError } from "../errors.ts";
import { type Endpoint, placeOf } from "./endpoint.ts";
import { HungUp } from "./hung-up.ts";
import { openFilesSpent } from "./open-files.ts";
import { type DialOptions, waitFor } from "./waiting.ts";

/** Longer than any round trip, shorter than the kernel looks for a neighbour. */
const REFUSED_WITHIN_MS = 900;

/**
 * The address that the endpoint's name stands for: one of them, where there are several.
 * @throws OpsError `unreachable`, `interrupted`
 */
export async function lookUp(endpoint: Endpoint, options: DialOptions): Promise<string> {
  const { address } = endpoint;
  if (isIP(address.replace(/%.*/, "")) !== 0) return address;
  const waiting = { waitedFor: () => `an address for ${address} from DNS`, giveUp: () => {} };
  return waitFor<string>(endpoint, options, waiting, (resolve, reject) => {
    lookup(address, (cause, found) => (cause ? reject(unknownName(endpoint, cause)) : resolve(found)));
  });
}

/**
 * A TCP connection to the endpoint.
 * @throws OpsError `unreachable` (HungUp when it was reset), `interrupted`
 */
export function openSocket(endpoint: Endpoint, options: DialOptions): Promise<Socket> {
  const { address, port } = endpoint;
  const startedAtMs = performance.now();
  const socket = connectSocket({ host: address, port, noDelay: true });
  const waitedFor = () => "the TCP connection";
  return waitFor<Socket>(
    endpoint,
    options,
    { waitedFor, giveUp: () => socket.destroy() },
    (resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("error", (cause: NodeJS.ErrnoException) =>
        reject(socketError(endpoint, cause, performance.now() - startedAtMs)),
      );
    },
  );
}

function socketError(endpoint: Endpoint, cause: NodeJS.ErrnoException, afterMs: number): OpsError {
  const { host, jump } = endpoint;
  const place = placeOf(endpoint);
  const unreachable = (message: string, hint?: string) =>
    new OpsError("unreachable", `${host}: ${message}`, { host, hint, cause });
  const named = nameOf(endpoint);
  // Bun (1.4) calls every connection that fails refused, also one for which this process had no descriptor left.
  if (cause.code === "EMFILE" || cause.code === "ENFILE" || openFilesSpent()) {
    return unreachable(
      `no connection to ${place}: this process may open no more files`,
      "raise the limit of open files (`ulimit -n 65536`), then run the same again",
    );
  }
  if (cause.syscall === "getaddrinfo" || cause.code === "ENOTFOUND") return unknownName(endpoint, cause);
  // A refusal is there within a round trip, a missing host is not.
  if (cause.code === "ECONNREFUSED" && afterMs >= REFUSED_WITHIN_MS)
    return unreachable(`no host answers at ${place}`, `check that the host is up, and ${named}`);
  if (cause.code === "ECONNREFUSED") {
    return unreachable(
      `${place} refused the connection`,
      `check that sshd runs there, that ${jump ? "its port" : "ansible_port"} is right, and that a route leads there`,
    );
  }
  if (cause.code === "ECONNRESET")
    return new HungUp("unreachable", `${host}: ${place} hung up: ${cause.message}`, { host, cause });
  return unreachable(`can't connect to ${place}: ${cause.message}`);
}

function unknownName(endpoint: Endpoint, cause: Error): OpsError {
  const { host, address, jump } = endpoint;
  const hint = jump
    ? `check the name, and ${nameOf(endpoint)}`
    : `set ${nameOf(endpoint)}, or check the name`;
  return new OpsError("unreachable", `${host}: no address is known for ${address} (waited for DNS)`, {
    host,
    hint,
    cause,
  });
}

/** Where it is said which server to dial. */
function nameOf({ host, jump }: Endpoint): string {
  return jump ? "its ProxyJump in the inventory or ssh_config" : `ansible_host for ${host}`;
}
