// What a seeder tells whom it holds, so that it gives each piece once before it gives any twice: every piece is shown
// to one peer, which asks for it and passes it on. No sockets, no clock.

export interface SuperSeeding<Peer> {
  enter(peer: Peer): void;
  /** What only this peer was shown is shown to others. */
  leave(peer: Peer): void;
  /** A peer says that it holds this piece. */
  has(peer: Peer, piece: number): void;
  /** A peer asked for a block of the piece. */
  asked(peer: Peer, piece: number): void;
  /** Whether every piece was shown to somebody. */
  readonly given: boolean;
  /** Shows pieces that went to a peer and are not seen elsewhere to others too; for a timer, once all were given. */
  look(): void;
  /** Shows everything to everybody: we are a seeder like others. */
  open(): void;
}

export interface SuperSeedingOptions<Peer> {
  readonly pieces: number;
  readonly blocksOf: (piece: number) => number;
  /** Tells the peer that we hold this piece. */
  readonly show: (peer: Peer, piece: number) => void;
  /**
   * Whether peers get from us what others have, once every piece is seen at a peer. Not where the way to them is narrow:
   * they have it nearer.
   */
  readonly sharing?: boolean;
  readonly random?: () => number;
  /** Milliseconds, from any start. */
  readonly now?: () => number;
}

interface Guest {
  /** 1 for what it was shown or holds. */
  readonly knows: Uint8Array;
  /** Pieces it was shown, with how many of their blocks it has not asked for. */
  readonly queue: Map<number, number>;
  /** Pieces it asked for, and when, until somebody else has them too. */
  readonly taken: Map<number, number>;
  /** How many pieces it asked for. */
  asked: number;
}

/**
 * A peer is shown this part of its share of what nobody was shown, but no more than it asked for so far: larger steps in
 * the middle, few pieces at the end, when one that stays with a slow peer is waited for by all.
 */
const STEP = 1 / 8;
const MIN_STEP = 2;
/** A piece that nobody passed on for so long is shown to another, when there is nothing else to give. */
const LATE_MS = 500;

/** @see https://www.bittorrent.org/beps/bep_0016.html */
export function openSuperSeeding<Peer>({
  pieces,
  blocksOf,
  show,
  sharing = true,
  random = Math.random,
  now = () => performance.now(),
}: SuperSeedingOptions<Peer>): SuperSeeding<Peer> {
  const guests = new Map<Peer, Guest>();
  const pool = Array.from({ length: pieces }, (_, piece) => piece);
  for (let last = pieces - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [pool[last], pool[other]] = [pool[other] as number, pool[last] as number];
  }
  /** 1 for pieces that were seen at a peer. */
  const spread = new Uint8Array(pieces);

  function tell(peer: Peer, guest: Guest, piece: number): void {
    if (guest.knows[piece] === 1) return;
    guest.knows[piece] = 1;
    show(peer, piece);
  }

  function feed(peer: Peer, guest: Guest): void {
    const share = Math.ceil((pool.length * STEP) / guests.size);
    const step = Math.max(MIN_STEP, Math.min(share, guest.asked));
    if (guest.queue.size > step / 2) return;
    while (guest.queue.size < step) {
      const piece = pool.pop() ?? spare(guest);
      if (piece === undefined) return;
      if (spread[piece] === 1 || guest.knows[piece] === 1) continue;
      guest.queue.set(piece, blocksOf(piece));
      tell(peer, guest, piece);
    }
  }

  /** With nothing unseen left: a piece that whoever was shown it would be the last to ask for, or keeps to itself. */
  function spare(guest: Guest): number | undefined {
    let longest: Guest | undefined;
    let late: number | undefined;
    let lateSinceMs = now() - LATE_MS;
    for (const other of guests.values()) {
      if (other === guest) continue;
      if (other.queue.size > Math.max(1, longest?.queue.size ?? 0)) longest = other;
      for (const [piece, sinceMs] of other.taken)
        if (sinceMs < lateSinceMs && guest.knows[piece] === 0) [late, lateSinceMs] = [piece, sinceMs];
    }
    return [...(longest?.queue.keys() ?? [])].findLast((piece) => guest.knows[piece] === 0) ?? late;
  }

  /**
   * Whether every piece is seen at a peer: from then on we are a seeder like others. Earlier, what many want would be in
   * the way of the last pieces, which all wait for (12 hosts, 50 Mbit/s: a third of a second's worth).
   */
  let shared = false;

  function share(peer: Peer, guest: Guest): void {
    for (let piece = 0; piece < pieces; piece++) if (spread[piece] === 1) tell(peer, guest, piece);
  }

  function feedAll(changed: Iterable<readonly [Peer, Guest]>): void {
    for (const [peer, guest] of changed) feed(peer, guest);
    if (shared || !sharing || pool.length > 0) return;
    for (const { queue, taken } of guests.values()) if (queue.size > 0 || taken.size > 0) return;
    shared = true;
    for (const [peer, guest] of guests) share(peer, guest);
  }

  return {
    get given() {
      return pool.length === 0;
    },
    enter: (peer) => {
      const guest: Guest = { knows: new Uint8Array(pieces), queue: new Map(), taken: new Map(), asked: 0 };
      guests.set(peer, guest);
      feedAll([[peer, guest]]);
      if (shared) share(peer, guest);
    },
    leave: (peer) => {
      const guest = guests.get(peer);
      if (guest === undefined) return;
      guests.delete(peer);
      for (const piece of [...guest.queue.keys(), ...guest.taken.keys()]) {
        const others = [...guests.values()].some(({ queue, taken }) => queue.has(piece) || taken.has(piece));
        if (spread[piece] === 0 && !others) pool.push(piece);
      }
      feedAll(guests);
    },
    has: (peer, piece) => {
      const guest = guests.get(peer);
      if (guest === undefined || piece >= pieces) return;
      guest.knows[piece] = 1;
      if (spread[piece] === 0) {
        spread[piece] = 1;
        for (const [other, each] of guests) {
          each.queue.delete(piece);
          each.taken.delete(piece);
          if (shared) tell(other, each, piece);
        }
      }
      feedAll([[peer, guest]]);
    },
    asked: (peer, piece) => {
      const guest = guests.get(peer);
      const left = guest?.queue.get(piece);
      if (guest === undefined || left === undefined) return;
      guest.queue.set(piece, left - 1);
      if (left > 1) return;
      guest.queue.delete(piece);
      guest.taken.set(piece, now());
      guest.asked++;
      feedAll([[peer, guest]]);
    },
    look: () => feedAll(guests),
    open: () => {
      pool.length = 0;
      shared = true;
      for (const [peer, guest] of guests)
        for (let piece = 0; piece < pieces; piece++) tell(peer, guest, piece);
    },
  };
}
