// Which piece to send to whom over SSH: of what nobody has, each piece to one host, which passes it on. No sockets.

export interface Pool<Host> {
  /** A host is to be sent pieces; it lacks these, as [first, how many]. */
  enter(host: Host, missing: readonly (readonly [number, number])[]): void;
  /** Nothing more is sent to it. What it alone had goes to others. */
  leave(host: Host): void;
  /** It is to have everything from us, for what it has reaches nobody and what others have doesn't reach it. */
  fill(host: Host): void;
  /** A piece is there now, from whomever. */
  has(host: Host, piece: number): void;
  /** The next piece for this host, which counts as on its way; undefined when there is none now. */
  next(host: Host): number | undefined;
}

export interface PoolOptions {
  readonly pieces: number;
  readonly random?: () => number;
  /** Milliseconds, from any start. */
  readonly now?: () => number;
}

interface Guest {
  readonly has: Uint8Array;
  /** Pieces on their way to it, and since when. */
  readonly flight: Map<number, number>;
  whole: boolean;
}

/** A piece that is on its way for so long is sent to another as well, once there is nothing else to send. */
const LATE_MS = 3000;

export function openPool<Host>({
  pieces,
  random = Math.random,
  now = () => performance.now(),
}: PoolOptions): Pool<Host> {
  const guests = new Map<Host, Guest>();
  const order = Array.from({ length: pieces }, (_, piece) => piece);
  for (let last = pieces - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  /** Pieces that nobody was sent, the next one last. */
  const queue = [...order];

  const sharing = () => [...guests.values()].filter(({ whole }) => !whole);
  const isKnown = (piece: number) =>
    sharing().some(({ has, flight }) => has[piece] === 1 || flight.has(piece));

  /** What only this guest had, or was to have, is to be sent again: the former last, for it may have been passed on. */
  function release({ has, flight }: Guest): void {
    const held = order.filter((piece) => has[piece] === 1 && !isKnown(piece));
    const sent = [...flight.keys()].filter((piece) => !isKnown(piece));
    const queued = new Set(queue);
    queue.unshift(...held.filter((piece) => !queued.has(piece)));
    queue.push(...sent.filter((piece) => !queued.has(piece)));
  }

  function fresh(): number | undefined {
    for (let piece = queue.pop(); piece !== undefined; piece = queue.pop()) if (!isKnown(piece)) return piece;
    return undefined;
  }

  function late(guest: Guest): number | undefined {
    const before = now() - LATE_MS;
    for (const other of sharing()) {
      if (other === guest) continue;
      for (const [piece, sinceMs] of other.flight)
        if (sinceMs < before && guest.has[piece] === 0 && !guest.flight.has(piece)) return piece;
    }
    return undefined;
  }

  return {
    enter: (host, missing) => {
      const has = new Uint8Array(pieces).fill(1);
      for (const [first, count] of missing) has.fill(0, first, first + count);
      guests.set(host, { has, flight: new Map(), whole: false });
    },
    leave: (host) => {
      const guest = guests.get(host);
      if (guest === undefined) return;
      guests.delete(host);
      if (!guest.whole) release(guest);
    },
    fill: (host) => {
      const guest = guests.get(host);
      if (guest === undefined || guest.whole) return;
      guest.whole = true;
      release(guest);
    },
    has: (host, piece) => {
      const guest = guests.get(host);
      if (guest === undefined) return;
      guest.has[piece] = 1;
      guest.flight.delete(piece);
    },
    next: (host) => {
      const guest = guests.get(host);
      if (guest === undefined) return undefined;
      const piece = guest.whole
        ? order.find((each) => guest.has[each] === 0 && !guest.flight.has(each))
        : (fresh() ?? late(guest));
      if (piece !== undefined) guest.flight.set(piece, now());
      return piece;
    },
  };
}
