// A TCP connection to a server, or why there is none.
import { connect as connectSocket, isIP, type Socket } from "node:net";
import { OpsError } from "../errors.ts";
import { type Endpoint, placeOf } from "./endpoint.ts";
import { HungUp } from "./hung-up.ts";
import { openFilesSpent } from "./open-files.ts";
import { type DialOptions, waitFor } from "./waiting.ts";

/** Longer than any round trip, shorter than the kernel looks for a neighbour. */
const REFUSED_WITHIN_MS = 900;

/**
 * A TCP connection to the endpoint.
 * @throws OpsError `unreachable` (HungUp when it was reset), `interrupted`
 */
export function openSocket(endpoint: Endpoint, options: DialOptions): Promise<Socket> {
  const { address, port } = endpoint;
  const startedAtMs = performance.now();
  const socket = connectSocket({ host: address, port, noDelay: true });
  const waitedFor = () => (isIP(address) === 0 ? `DNS or the TCP connection` : "the TCP connection");
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
  const { host, address, jump } = endpoint;
  const place = placeOf(endpoint);
  const unreachable = (message: string, hint?: string) =>
    new OpsError("unreachable", `${host}: ${message}`, { host, hint, cause });
  const named = jump ? `its ProxyJump in the inventory or ssh_config` : `ansible_host for ${host}`;
  // Bun (1.4) calls every connection that fails refused, also one for which this process had no descriptor left.
  if (cause.code === "EMFILE" || cause.code === "ENFILE" || openFilesSpent()) {
    return unreachable(
      `no connection to ${place}: this process may open no more files`,
      "raise the limit of open files (`ulimit -n 65536`), then run the same again",
    );
  }
  if (cause.syscall === "getaddrinfo" || cause.code === "ENOTFOUND" || cause.code === "EAI_AGAIN") {
    return unreachable(
      `no address is known for ${address} (waited for DNS)`,
      jump ? `check the name, and ${named}` : `set ${named}, or check the name`,
    );
  }
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
