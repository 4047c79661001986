// What peers told of one host of a swarm, as it comes: who can be reached, and whether bytes arrive.
import type { PeerAddress } from "../peer/protocol.ts";
import { isDistant } from "./addresses.ts";
import type { FleetHost, Member } from "./fleet.ts";

export interface Entry<H extends FleetHost> {
  readonly self: PeerAddress;
  readonly peerId: string;
  readonly neighbours: readonly Member<H>[];
  readonly seeded: boolean;
}

/** A sighting as it grows. */
export interface Seen<H extends FleetHost> extends Entry<H> {
  readonly member: Member<H>;
  readonly distant: boolean;
  readonly enteredAtMs: number;
  dialledAtMs: number | undefined;
  linked: boolean;
  unlinkedAtMs: number | undefined;
  /** Attempts that failed, the seeder's and its own. */
  readonly refused: Set<"seeder" | "host">;
  unreached: boolean;
  /** It was told to dial the seeder itself. */
  toldSeeder: boolean;
  /** Since when there is somebody to be connected with. */
  neighbourAtMs: number | undefined;
  peers: number;
  aloneSinceMs: number | undefined;
  bytes: number;
  movedAtMs: number;
  complete: boolean;
  /** It was asked whether it is there, for nothing comes to it. */
  asked: boolean;
  /** It is sent everything. */
  filled: boolean;
}

/** A host that joined just now. */
export function newSeen<H extends FleetHost>(member: Member<H>, entry: Entry<H>, nowMs: number): Seen<H> {
  return {
    ...entry,
    member,
    distant: isDistant(member),
    enteredAtMs: nowMs,
    dialledAtMs: undefined,
    linked: false,
    unlinkedAtMs: undefined,
    refused: new Set(),
    unreached: false,
    toldSeeder: false,
    neighbourAtMs: entry.neighbours.length > 0 ? nowMs : undefined,
    peers: 0,
    aloneSinceMs: undefined,
    bytes: 0,
    movedAtMs: nowMs,
    complete: false,
    asked: false,
    filled: false,
  };
}

/** To be called when the host's connections or neighbours have changed. */
export function countAlone<H extends FleetHost>(host: Seen<H>, nowMs: number): void {
  const lonely = host.peers === 0 && host.neighbourAtMs !== undefined;
  host.aloneSinceMs = lonely ? (host.aloneSinceMs ?? nowMs) : undefined;
}

/** An attempt failed, the seeder's to reach the host or the host's to reach the seeder. */
export function refused<H extends FleetHost>(host: Seen<H>, by: "seeder" | "host"): void {
  host.refused.add(by);
  host.unreached = host.refused.size === 2;
}
