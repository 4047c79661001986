// Ports nobody listens on.

/** A TCP port of 127.0.0.1 that was free a moment ago: be ready to ask again. */
export async function freePort(): Promise<number> {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
