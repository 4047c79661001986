// From one server to the next: a stream through an SSH connection (direct-tcpip), as ssh -W makes it.
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { OpsError } from "../errors.ts";
import { type Endpoint, placeOf } from "./endpoint.ts";
import { hungUp } from "./hung-up.ts";
import { type DialOptions, waitFor } from "./waiting.ts";

/** Reasons a server gives for not opening a channel (RFC 4254, 5.1). */
const PROHIBITED = 1;

/**
 * A stream to `endpoint` through `client`, logged in at `jump`. Giving up leaves `client` as it is, for others may
 * travel through it as well.
 * @throws OpsError `unreachable` (HungUp when the jump host hung up), `interrupted`
 */
export async function openThrough(
  client: Client,
  endpoint: Endpoint,
  { jump, ...options }: DialOptions & { readonly jump: Endpoint },
): Promise<Duplex> {
  const { address, port, host } = endpoint;
  const hop = `jump host ${placeOf(jump)}`;
  const stage = `${hop} to connect to it`;
  let abandoned = false;
  let onClose = () => {};
  try {
    return await waitFor<Duplex>(
      endpoint,
      options,
      {
        waitedFor: () => stage,
        giveUp: () => {
          abandoned = true;
        },
      },
      (resolve, reject) => {
        onClose = () => reject(hungUp(jumpOf(jump, host), stage));
        client.once("close", onClose);
        const done = (error: (Error & { reason?: unknown }) | undefined, stream: ClientChannel) => {
          if (error !== undefined) return reject(refusal(endpoint, hop, error));
          if (abandoned) return void stream.resume().destroy();
          // Of a host that died the jump host may tell only that nothing more comes: ssh2 keeps the other half open.
          stream.once("end", () => stream.destroy());
          resolve(stream);
        };
        try {
          client.forwardOut("127.0.0.1", 0, address, port, done);
        } catch (error) {
          reject(hungUp(jumpOf(jump, host), stage, { cause: error as Error }));
        }
      },
    );
  } finally {
    client.removeListener("close", onClose);
  }
}

/** The jump host, with messages about it beginning with the host behind it. */
function jumpOf(jump: Endpoint, host: string): Endpoint {
  return { ...jump, host };
}

function refusal(endpoint: Endpoint, hop: string, error: Error & { reason?: unknown }): OpsError {
  const { host } = endpoint;
  const place = placeOf(endpoint);
  if (error.reason === PROHIBITED) {
    return new OpsError("unreachable", `${host}: ${hop} doesn't allow connections to ${place}`, {
      host,
      hint: "allow them in its sshd_config: AllowTcpForwarding yes (or local), and PermitOpen where it is set",
      cause: error,
    });
  }
  const why = error.message.replace(/^\(SSH\) Channel open failure: /, "");
  return new OpsError("unreachable", `${host}: ${hop} can't reach ${place}: ${why}`, {
    host,
    hint: `check that ${host} is up, and that a route leads there from the jump host`,
    cause: error,
  });
}
