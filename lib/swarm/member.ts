// A host of a run: what it is given as, and what is open towards it.
import type { Peer } from "../peer/client.ts";
import type { PortRange } from "../peer/protocol.ts";
import type { Shell } from "../shell/remote-shell.ts";
import type { Connection, Target } from "../ssh/types.ts";
import type { Survey } from "./survey.ts";

/** A host as a run is given it. */
export interface FleetHost {
  readonly name: string;
  /** The inventory group it is shown under. */
  readonly group: string;
  readonly target: Target;
  /** How the other hosts reach it, and where it may listen; undefined: as this machine does, on any port. */
  readonly reach?: Reach;
}

export interface Reach {
  readonly address: string | undefined;
  readonly ports: PortRange | undefined;
}

/** What is open towards a host; filled in as the run goes on. */
interface Links {
  /** zx's `$` on this host, which is connected when it is first used. */
  readonly $: Shell;
  connection?: Connection;
  survey?: Survey;
  /** Words that start the peer program there, once it is in place. */
  command?: readonly string[];
  peer?: Peer;
  /** Its peer holds the lock of the app. */
  locked?: boolean;
  /** The release that was current when it was locked. */
  runs?: { readonly id: string | undefined };
  /** How long it took to start. */
  peerStartMs?: number;
}

/** A host taking part. */
export type Member<H extends FleetHost = FleetHost> = H & Links;
