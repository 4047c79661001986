// One attempt to reach a peer.
import type { SocketHandler } from "bun";

export interface DialOptions<Data> {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** What becomes of the connection. */
  readonly handlers: Omit<SocketHandler<Data>, "open" | "connectError">;
  readonly opened: (socket: Bun.Socket<Data>) => void;
  /** Refused, unreachable, or no answer in time; called once, and `opened` never. */
  readonly failed: () => void;
}

export function dial<Data>(options: DialOptions<Data>): void {
  const { address, port, timeoutMs, handlers, opened, failed } = options;
  let over = false;
  const fail = () => {
    if (over) return;
    over = true;
    clearTimeout(patience);
    failed();
  };
  const patience = setTimeout(fail, timeoutMs);
  const open = (socket: Bun.Socket<Data>) => {
    // Too late: somebody else may have been dialled since.
    if (over) return void socket.terminate();
    over = true;
    clearTimeout(patience);
    opened(socket);
  };
  // A refusal is told both ways.
  Bun.connect<Data>({
    hostname: address,
    port,
    socket: { ...handlers, open, connectError: fail },
  }).catch(fail);
}
