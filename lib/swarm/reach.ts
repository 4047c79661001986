// Whether a zone is cut off from the seeder and a host from everybody: pure, what peers told is handed in.

/** What is known of a host that joined. Times are of one clock, in milliseconds. */
export interface Sighting {
  /** The seeder dials it, and it dials the seeder. */
  readonly seeded: boolean;
  /** Since when; undefined: not yet. */
  readonly dialledAtMs: number | undefined;
  /** It sees this machine by another address than ours: NAT or a bastion lies between. */
  readonly distant: boolean;
  /** It has a connection with the seeder now. */
  readonly linked: boolean;
  /** When it last lost one; undefined: it never had one. */
  readonly unlinkedAtMs: number | undefined;
  /** Neither it nor the seeder reached the other at the first attempt. */
  readonly unreached: boolean;
  /** Since when it has no connection at all, although hosts it is to be connected with are there; undefined: it has. */
  readonly aloneSinceMs: number | undefined;
  /** When bytes last came, at first when it joined. */
  readonly movedAtMs: number;
  readonly complete: boolean;
}

/** A connection takes some round trips; hosts that are far away or busy must not count as cut off. */
const PATIENCE_MS = 1000;
/** Behind a bastion or NAT there is hardly ever a way. */
const DISTANT_PATIENCE_MS = 250;
/** A link that broke may come back. */
const LOST_MS = 3000;
/** Attempts that were refused are repeated in the meantime, after 0.25, 0.5 and 1 s. */
const ALONE_MS = 3000;
/** Standing still for so long, or while a piece could have come by so many hosts, means that nobody passes pieces on. */
const STILL_MS = 5000;
const STILL_STEPS = 4;

/** Whether no host of a zone has the seeder's bytes from itself or from a neighbour, and none will soon. */
export function isCutOff(zone: readonly Sighting[], nowMs: number): boolean {
  if (zone.some(({ linked, complete }) => linked || complete)) return false;
  const dialled = zone.filter(({ seeded, dialledAtMs }) => seeded && dialledAtMs !== undefined);
  if (dialled.length === 0) return false;
  const lost = Math.max(...zone.map(({ unlinkedAtMs }) => unlinkedAtMs ?? Number.NEGATIVE_INFINITY));
  if (lost > Number.NEGATIVE_INFINITY) return nowMs - lost >= LOST_MS;
  if (dialled.every(({ unreached }) => unreached)) return true;
  const since = Math.min(...dialled.map(({ dialledAtMs = nowMs }) => dialledAtMs));
  return nowMs - since >= (dialled.every(({ distant }) => distant) ? DISTANT_PATIENCE_MS : PATIENCE_MS);
}

/** Whether a host can reach nobody, and nobody it. */
export function isAlone({ aloneSinceMs, complete }: Sighting, nowMs: number): boolean {
  return !complete && aloneSinceMs !== undefined && nowMs - aloneSinceMs >= ALONE_MS;
}

/**
 * Whether nothing comes to a host from those it is connected with, although others of its zone have pieces. The first
 * of them took `firstPieceMs`: so long may a piece be on its way from one host to the next.
 */
export function isStill(
  { movedAtMs, complete }: Sighting,
  {
    nowMs,
    firstPieceMs,
    hosts,
  }: { readonly nowMs: number; readonly firstPieceMs: number | undefined; readonly hosts: number },
): boolean {
  if (complete || firstPieceMs === undefined) return false;
  // The way to the last host grows with the logarithm of their number (graph.ts).
  const steps = STILL_STEPS + 2 * Math.log2(Math.max(1, hosts));
  return nowMs - movedAtMs >= Math.max(STILL_MS, steps * firstPieceMs);
}
