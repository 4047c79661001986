// Who we are connected to: accepts and dials, lets in only who may take part, keeps one connection a peer.
// In place of peer-wire-swarm's own server and dialler, which know no address filter, no bound on incoming
// connections, no duplicates (two peers that dial each other), and give up a peer after three attempts.
import type { Wire } from "peer-wire-protocol";
import { plainAddress } from "./address.ts";
import { dial } from "./dial.ts";
import { again, attempted, newTarget, shuffled, type Target } from "./targets.ts";
import type { Throttle } from "./throttle.ts";
import { openWire, type PipedWire } from "./wire.ts";

export interface Address {
  readonly address: string;
  readonly port: number;
  /** Hosts of a zone are near each other. */
  readonly zone?: string | undefined;
}

export interface Link {
  readonly wire: Wire;
  /** The one that was named with its address; "" when none was. */
  readonly zone: string;
  /** Ends the connection at once. */
  destroy(): void;
  /** 40 hex digits. */
  readonly peerId: string;
  readonly outgoing: boolean;
}

type Socket = Bun.Socket<Speaker | undefined>;

/** A connection, from the moment its socket is there. */
interface Speaker extends PipedWire {
  readonly closed: () => void;
}

interface Conversation {
  /** Known beforehand: a peer that is full resets us before we are told that we are connected. */
  readonly address: string;
  readonly outgoing: boolean;
  readonly ended: (peerId: string | undefined) => void;
}

export interface Links {
  /** For the listener: what becomes of connections from outside. */
  readonly handlers: Bun.SocketHandler<Speaker | undefined>;
  /** Dials these, now and again after a loss. */
  connect(peers: readonly Address[]): void;
  readonly size: number;
  /** Zones of all that were named. */
  readonly zones: number;
  /** Ends a link for good: this peer is neither dialled nor let in again. */
  drop(wire: Wire): void;
  close(): void;
}

export interface LinkOptions {
  readonly infohash: Buffer;
  readonly peerId: Buffer;
  readonly allow: (address: string) => boolean;
  /** Takes over a wire whose handshake is done. */
  readonly adopt: (link: Link) => void;
  readonly upload?: Throttle | undefined;
  /** The first attempt to reach this one failed; there will be more. */
  readonly onUnreached?: ((target: Address) => void) | undefined;
}

/** Far more than a well-mixed random graph of thousands needs, for a seeder of many zones. */
const MAX_LINKS = 64;
/** Dialling stops here, so that room is left for those who dial us. */
const DIAL_UP_TO = 48;
const CONNECT_MS = 5000;
const HANDSHAKE_MS = 10_000;

export function openLinks({ infohash, peerId, allow, adopt, upload, onUnreached }: LinkOptions): Links {
  const ownId = peerId.toString("hex");
  const links = new Map<string, Link>();
  const sockets = new Set<Socket>();
  const targets = new Map<string, Target>();
  const barred = new Set<string>([ownId]);
  /** By address alone: who dials us comes from any port. */
  const zones = new Map<string, string>();
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Speaks the wire protocol on `socket`; `ended` is called once, with whether the peer was ever linked. */
  function speak(socket: Socket, { address, outgoing, ended }: Conversation): Wire {
    const zone = zones.get(address) ?? "";
    const destroy = () => void socket.terminate();
    const piped = openWire({ write: (bytes) => socket.write(bytes), destroy }, { upload });
    const { wire } = piped;
    let known: string | undefined;
    sockets.add(socket);
    socket.setNoDelay(true);
    const patience = setTimeout(destroy, HANDSHAKE_MS);
    wire.once("close", () => void socket.end());
    wire.once("handshake", (theirHash: Buffer, theirId: Buffer) => {
      clearTimeout(patience);
      known = theirId.toString("hex");
      if (!theirHash.equals(infohash) || barred.has(known)) return destroy();
      // Answered even when it isn't kept, so that whoever dialled learns who we are and doesn't dial again.
      if (!outgoing) wire.handshake(infohash, peerId);
      const link: Link = { wire, zone, destroy, peerId: known, outgoing };
      if (keeps(link)) adopt(link);
      else {
        piped.drained();
        socket.end();
      }
    });
    socket.data = {
      ...piped,
      closed: () => {
        clearTimeout(patience);
        sockets.delete(socket);
        wire.destroy();
        if (known !== undefined && links.get(known)?.wire === wire) links.delete(known);
        ended(known);
        dialMore();
      },
    };
    return wire;
  }

  /** Of two connections between the same peers, both ends keep the one that the smaller id dialled. */
  function keeps(link: Link): boolean {
    const other = links.get(link.peerId);
    if (other === undefined && links.size >= MAX_LINKS) return false;
    if (other !== undefined) {
      const dialledBySmaller = link.outgoing === ownId < link.peerId;
      if (other.outgoing === link.outgoing || !dialledBySmaller) return false;
      other.destroy();
    }
    links.set(link.peerId, link);
    return true;
  }

  const listeners = {
    data: (socket: Socket, bytes: Buffer) => socket.data?.feed(bytes),
    drain: (socket: Socket) => socket.data?.drained(),
    end: (socket: Socket) => void socket.terminate(),
    // A lost connection is an everyday event here; 'close' follows and is where it is dealt with.
    error: (socket: Socket) => void socket.terminate(),
    close: (socket: Socket) => {
      socket.data?.closed();
      socket.data = undefined;
    },
  };

  function reach(target: Target): void {
    const { address, port } = target;
    target.busy = true;
    const startedAtMs = Date.now();
    const ended = (id?: string) => {
      attempted(target, { peerId: id, lasted: Date.now() - startedAtMs > HANDSHAKE_MS });
    };
    dial<Speaker | undefined>({
      address,
      port,
      timeoutMs: CONNECT_MS,
      handlers: listeners,
      opened: (socket) => {
        if (closed) return void socket.terminate();
        const wire = speak(socket, { address, outgoing: true, ended });
        wire.peerAddress = `${address}:${port}`;
        wire.handshake(infohash, peerId);
      },
      failed: () => {
        if (target.failures === 0) onUnreached?.(target);
        ended();
        dialMore();
      },
    });
  }

  function wanted({ busy, peerId: id }: Target): boolean {
    return !busy && (id === undefined || !(barred.has(id) || links.has(id)));
  }

  function dialMore(): void {
    clearTimeout(timer);
    if (closed) return;
    const now = Date.now();
    let dialling = 0;
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const { busy, peerId: id } of targets.values())
      if (busy && (id === undefined || !links.has(id))) dialling++;
    for (const target of shuffled([...targets.values()])) {
      if (!wanted(target)) continue;
      if (target.retryAtMs > now) soonestMs = Math.min(soonestMs, target.retryAtMs);
      else if (links.size + dialling < DIAL_UP_TO) {
        reach(target);
        dialling++;
      }
    }
    if (soonestMs < Number.POSITIVE_INFINITY) timer = setTimeout(dialMore, soonestMs - now);
  }

  return {
    get size() {
      return links.size;
    },
    get zones() {
      return new Set(zones.values()).size;
    },
    handlers: {
      ...listeners,
      open: (socket) => {
        // A socket that was reset already has no address any more, whatever the types say.
        const address = plainAddress(socket.remoteAddress ?? "");
        // Dropped before a byte is read or answered: to strangers this port is silent.
        if (closed || !allow(address) || sockets.size >= 2 * MAX_LINKS) return void socket.terminate();
        speak(socket, {
          address,
          outgoing: false,
          ended: () => {},
        }).peerAddress = `${address}:${socket.remotePort}`;
      },
    },
    connect: (peers) => {
      for (const { address, port, zone = "" } of peers) {
        if (!allow(plainAddress(address)) || !(port > 0 && port < 65_536)) continue;
        zones.set(plainAddress(address), zone);
        const key = `${plainAddress(address)}:${port}`;
        const target = targets.get(key);
        if (target === undefined) targets.set(key, newTarget({ address: plainAddress(address), port }));
        else again(target);
      }
      dialMore();
    },
    drop: (wire) => {
      for (const link of links.values()) {
        if (link.wire !== wire) continue;
        barred.add(link.peerId);
        link.destroy();
      }
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      for (const socket of sockets) socket.terminate();
    },
  };
}
