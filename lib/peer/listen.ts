// A TCP port to be reached at, out of the range an operator opened in the firewall.
import type { Server } from "node:net";
import { OpsError } from "../errors.ts";

/** Connections the kernel may hold until we accept: a whole fleet dials in the same second. */
const BACKLOG = 1024;

export interface ListenOptions {
  /** Tried from the first to the last; any free port when undefined. */
  readonly ports: { readonly from: number; readonly to: number } | undefined;
  /** An address of this machine; every one of either family when undefined. */
  readonly bind?: string | undefined;
}

/** Something that listens. */
export interface Listener<Kind> {
  readonly port: number;
  readonly listener: Kind;
}

/**
 * Listens on the first free port of `ports`, or on any free one; `handlers` get the connections.
 * @throws OpsError port when all are taken, or the address isn't this machine's
 */
export async function listenInRange<Data>(
  handlers: Bun.SocketHandler<Data>,
  options: ListenOptions,
): Promise<Listener<Bun.TCPSocketListener<Data>>> {
  return firstFree(options, (port, hostname) => {
    // Without `exclusive`, two programs of this machine would share a port, and its connections at random.
    const listener = Bun.listen<Data>({ hostname, port, exclusive: true, socket: handlers });
    return { listener, port: listener.port };
  });
}

/** For listeners that only show whether a port can be reached. */
export const HANG_UP: Bun.SocketHandler<unknown> = {
  open: (socket) => void socket.terminate(),
  data: () => {},
};

/** The same for a server of node's; `makeServer` is called anew for each port tried. */
export async function listenWith<S extends Server>(
  makeServer: () => S,
  options: ListenOptions,
): Promise<S & { readonly port: number }> {
  const { listener, port } = await firstFree(options, (port, host) => listenOn(makeServer(), { port, host }));
  return Object.assign(listener, { port });
}

async function firstFree<Kind>(
  { ports, bind }: ListenOptions,
  listen: (port: number, host: string) => Listener<Kind> | Promise<Listener<Kind>>,
): Promise<Listener<Kind>> {
  const { from, to } = ports ?? { from: 0, to: 0 };
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= 65_535))
    throw new RangeError(`not a port range: ${from}-${to}`);
  for (let port = from; port <= to; port++) {
    // An IPv6 socket takes IPv4 as well; a kernel built or booted without IPv6 has none.
    const hosts = bind === undefined ? ["::", "0.0.0.0"] : [bind];
    for (const [index, host] of hosts.entries()) {
      try {
        return await listen(port, host);
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === "EADDRINUSE" || code === "EACCES") break;
        if (index < hosts.length - 1) continue;
        throw new OpsError("port", `cannot listen on ${host}:${port}: ${message}`, { cause });
      }
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
): Promise<Listener<S>> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, host, backlog: BACKLOG }, resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return { listener: server, port: address.port };
}
