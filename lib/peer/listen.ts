// A TCP port to be reached at, out of the range an operator opened in the firewall.
import { createServer, type Server, type Socket } from "node:net";
import { OpsError } from "../errors.ts";

/** Connections the kernel may hold until we accept: a whole fleet dials in the same second. */
const BACKLOG = 1024;

export interface ListenOptions {
  /** Tried from the first to the last; any free port when undefined. */
  readonly ports: { readonly from: number; readonly to: number } | undefined;
  /** An address of this machine; every one of either family when undefined. */
  readonly bind?: string | undefined;
}

/**
 * Listens on the first free port of `ports`, or on any free one.
 * @throws OpsError port when all are taken, or the address isn't this machine's
 */
export async function listenInRange(
  onConnection: (socket: Socket) => void,
  options: ListenOptions,
): Promise<Server & { readonly port: number }> {
  return listenWith(() => createServer(onConnection), options);
}

/** The same for a server of another kind; `makeServer` is called anew for each port tried. */
export async function listenWith<S extends Server>(
  makeServer: () => S,
  { ports, bind }: ListenOptions,
): Promise<S & { readonly port: number }> {
  const { from, to } = ports ?? { from: 0, to: 0 };
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= 65_535))
    throw new RangeError(`not a port range: ${from}-${to}`);
  for (let port = from; port <= to; port++) {
    // An IPv6 socket takes IPv4 as well; a kernel built or booted without IPv6 has none.
    const hosts = bind === undefined ? ["::", "0.0.0.0"] : [bind];
    for (const [index, host] of hosts.entries()) {
      const result = await listenOn(makeServer(), { port, host });
      if ("server" in result) return result.server;
      const { code, message } = result.error;
      if (code === "EADDRINUSE" || code === "EACCES") break;
      if (index < hosts.length - 1) continue;
      throw new OpsError("port", `cannot listen on ${host}:${port}: ${message}`, { cause: result.error });
    }
  }
  const range = from === to ? `TCP port ${from}` : `every TCP port from ${from} to ${to}`;
  throw new OpsError("port", `${range}${bind === undefined ? "" : ` on ${bind}`} is taken`, {
    hint: "choose others (rookery_ports), or see what holds them with `ss -ltnp`",
  });
}

async function listenOn<S extends Server>(
  server: S,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<{ readonly server: S & { readonly port: number } } | { readonly error: NodeJS.ErrnoException }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, host, backlog: BACKLOG }, resolve);
  try {
    await promise;
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return { server: Object.assign(server, { port: address.port }) };
}
