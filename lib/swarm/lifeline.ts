// Looks after hosts that the seeder's bytes don't reach by TCP: finds out which, and has them fed over SSH.
import type { PeerEvent } from "../peer/client.ts";
import type { Torrent } from "../torrent/types.ts";
import { peerOf } from "./bootstrap.ts";
import type { Feed } from "./feed.ts";
import type { Fleet, FleetHost, Member } from "./fleet.ts";
import { isAlone, isCutOff, isStill } from "./reach.ts";
import { aloneNote, cutOffNote, inZone, stillNote } from "./reach-notes.ts";
import { countAlone, type Entry, newSeen, refused, type Seen } from "./seen.ts";
import type { SwarmPlace } from "./start.ts";
import { isFinal } from "./state.ts";

export interface Lifeline<H extends FleetHost> extends Disposable {
  /** This host joined; it and `neighbours` were told of each other. */
  entered(member: Member<H>, entry: Entry<H>): void;
  /** The seeder was told to dial it. */
  dialled(member: Member<H>): void;
  /** What the seeder's peer says. */
  heard(event: PeerEvent): void;
  /** There is no seeder any more. */
  seederGone(): void;
}

export interface LifelineOptions<H extends FleetHost> {
  readonly feed: Feed<H>;
  readonly place: (member: Member<H>) => Pick<SwarmPlace, "zone" | "seeders" | "ports">;
  /** Where hosts find the seeder on this machine. */
  readonly seederPort: number;
}

interface Zone<H extends FleetHost> {
  readonly hosts: Seen<H>[];
  feeders: readonly Seen<H>[];
  told: boolean;
  firstPieceMs: number | undefined;
}

const LOOK_MS = 100;
/** The seeder's own attempt goes first; a host that it doesn't reach tries from its side. */
const HOST_DIALS_MS = 100;

export function openLifeline<H extends FleetHost>(
  fleet: Fleet<H>,
  { pieceHashes }: Torrent,
  { feed, place, seederPort }: LifelineOptions<H>,
): Lifeline<H> {
  const pieces = pieceHashes.length / 20;
  const zones = new Map<string, Zone<H>>();
  const byPeerId = new Map<string, Seen<H>>();
  const byAddress = new Map<string, Seen<H>>();
  const seen = new Map<Member<H>, Seen<H>>();

  function zoneOf(member: Member<H>): Zone<H> {
    const { zone: name } = place(member);
    const zone = zones.get(name) ?? { hosts: [], feeders: [], told: false, firstPieceMs: undefined };
    zones.set(name, zone);
    return zone;
  }

  /** What a host's own peer says. */
  function heardOf(host: Seen<H>, event: PeerEvent): void {
    const nowMs = performance.now();
    if (event.type === "unreached" && event.port === seederPort && ownOf(host) === event.address)
      refused(host, "host");
    if (event.type !== "progress") return;
    host.peers = event.peers;
    // One that waits for its disk does not wait for others.
    if (event.note?.startsWith("disk")) host.movedAtMs = Number.POSITIVE_INFINITY;
    else if (event.downloadedBytes !== host.bytes || host.movedAtMs > nowMs) host.movedAtMs = nowMs;
    host.bytes = event.downloadedBytes;
    host.complete = event.verified === pieces;
    const zone = zoneOf(host.member);
    if (event.verified > 0) zone.firstPieceMs ??= nowMs - host.enteredAtMs;
    countAlone(host, nowMs);
  }

  /** Hosts that the seeder didn't reach at once reach the seeder, perhaps. */
  function dialBack(host: Seen<H>, nowMs: number): void {
    const { member, linked, dialledAtMs = nowMs } = host;
    if (linked || host.toldSeeder || nowMs - dialledAtMs < HOST_DIALS_MS) return;
    host.toldSeeder = true;
    const address = ownOf(host);
    if (address === "") {
      refused(host, "host");
      return;
    }
    const peers = [{ address, port: seederPort }];
    // A host that is gone says so elsewhere.
    peerOf(member)
      .request("peers", { peers }, { signal: fleet.signal })
      .catch(() => undefined);
  }

  function look(): void {
    const nowMs = performance.now();
    for (const [name, zone] of zones) {
      for (const { member } of zone.hosts.filter(({ member }) => !isIn(member))) feed.drop(member);
      const hosts = zone.hosts.filter(({ member }) => isIn(member));
      zone.hosts.splice(0, zone.hosts.length, ...hosts);
      if (hosts.every(({ complete }) => complete)) continue;
      for (const host of hosts) if (host.seeded) dialBack(host, nowMs);
      rescue(zone, nowMs);
      lead(zone, name, nowMs);
    }
    feed.look();
  }
  const timer = setInterval(look, LOOK_MS);

  /** Has a zone's first hosts fed where the seeder reaches none of it. */
  function lead(zone: Zone<H>, name: string, nowMs: number): void {
    // Those that are sent everything have it for themselves.
    const others = zone.hosts.filter(({ filled }) => !filled);
    const wanted = isCutOff(others, nowMs) ? feedersOf(zone) : [];
    for (const host of zone.feeders) if (!wanted.includes(host)) feed.pause(host.member);
    if (zone.feeders.length > 0 && others.some(({ linked }) => linked))
      fleet.note(`the seeder has a connection to the hosts${inZone(name)} after all`, { level: "detail" });
    for (const { member } of wanted) feed.share(member);
    zone.feeders = wanted;
    if (wanted.length === 0 || zone.told) return;
    zone.told = true;
    const note = cutOffNote(membersOf(wanted), { zone: name, hosts: zone.hosts.length });
    fleet.note(note, { level: "detail" });
  }

  function feedersOf(zone: Zone<H>): readonly Seen<H>[] {
    const able = zone.hosts.filter(({ filled, complete }) => !filled && !complete);
    const [first] = able;
    if (first === undefined) return [];
    // Who feeds goes on, for it holds what nobody else has yet.
    const now = able.filter((host) => zone.feeders.includes(host));
    const next = able.filter((host) => !zone.feeders.includes(host));
    return [...now, ...next].slice(0, place(first.member).seeders);
  }

  /** Has hosts fed all they lack that nobody passes anything on to. */
  function rescue(zone: Zone<H>, nowMs: number): void {
    const { hosts, firstPieceMs } = zone;
    const left = hosts.filter(({ filled }) => !filled);
    const lonely = left.filter((host) => isAlone(host, nowMs));
    const most = hosts[0] === undefined ? 0 : place(hosts[0].member).seeders;
    const busy = hosts.filter(({ filled, complete, peers }) => filled && !complete && peers > 0).length;
    const still = left
      .filter((host) => !host.asked && !lonely.includes(host))
      .filter((host) => isStill(host, { nowMs, firstPieceMs, hosts: hosts.length }))
      .slice(0, Math.max(0, most - busy));
    for (const host of lonely) fill(host);
    const ports = hosts[0] === undefined ? undefined : place(hosts[0].member).ports;
    if (lonely.length > 0) fleet.note(aloneNote(membersOf(lonely), { ports }), { level: "warning" });
    for (const host of still) {
      host.asked = true;
      const { member } = host;
      // A host that hangs is no matter of its network, and says nothing.
      const answer = peerOf(member).request("echo", {}, { signal: fleet.signal });
      answer.then(
        () => {
          if (host.complete || host.filled) return;
          fill(host);
          fleet.note(stillNote([member], { ports }), { level: "warning" });
        },
        () => undefined,
      );
    }
  }

  function fill(host: Seen<H>): void {
    host.filled = true;
    feed.fill(host.member);
  }

  function link(host: Seen<H>, open: boolean): void {
    if (host.linked && !open) host.unlinkedAtMs = performance.now();
    host.linked = open;
  }

  function isIn(member: Member<H>): boolean {
    return !isFinal(fleet.status(member.name));
  }

  return {
    entered: (member, entry) => {
      const nowMs = performance.now();
      const host = newSeen(member, entry, nowMs);
      zoneOf(member).hosts.push(host);
      byPeerId.set(entry.peerId, host);
      byAddress.set(`${entry.self.address}:${entry.self.port}`, host);
      seen.set(member, host);
      for (const neighbour of [member, ...entry.neighbours]) {
        const other = seen.get(neighbour);
        if (other === undefined || entry.neighbours.length === 0) continue;
        other.neighbourAtMs ??= nowMs;
        countAlone(other, nowMs);
      }
      peerOf(member).onEvent((event) => heardOf(host, event));
    },
    dialled: (member) => {
      const host = seen.get(member);
      if (host !== undefined) host.dialledAtMs = performance.now();
    },
    heard: (event) => {
      if (event.type === "unreached") {
        const host = byAddress.get(`${event.address}:${event.port}`);
        if (host !== undefined) refused(host, "seeder");
      }
      if (event.type !== "link") return;
      const host = byPeerId.get(event.peerId);
      if (host === undefined) return;
      link(host, event.open);
    },
    seederGone: () => {
      for (const host of seen.values()) link(host, false);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** This machine's address as the host may find it. */
function ownOf({ member }: { readonly member: Member }): string {
  return member.connection?.localAddress ?? "";
}

function membersOf<H extends FleetHost>(hosts: readonly Seen<H>[]): readonly FleetHost[] {
  return hosts.map(({ member }) => member);
}
