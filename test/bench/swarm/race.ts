// What a race is: what contenders are given, and what comes out of it.
import type { Torrent } from "../../../lib/torrent/types.ts";
import type { Child, ChildOptions } from "./child.ts";
import type { Readings } from "./meters.ts";
import type { Network, Node } from "./network.ts";
import type { RaceTracker } from "./tracker.ts";

export interface Payload {
  readonly torrent: Torrent;
  readonly torrentFile: string;
  /** The folder that holds the payload's one file, and that file. */
  readonly folder: string;
  readonly file: string;
  readonly sha256: string;
}

/** What contenders are given. */
export interface Race {
  readonly network: Network;
  readonly payload: Payload;
  readonly tracker: Pick<RaceTracker, "url" | "seeded">;
  /** Aborted when the last host has it, or the time is over, or by Ctrl+C. */
  readonly over: AbortSignal;
  /** A folder of this node's own, for settings and what it fetches; removed after. */
  folder(node: Node): string;
  /** Starts a program in the node's namespace; ended by its pid when the race is over. */
  start(node: Node, argv: readonly string[], options?: ChildOptions): Child;
  /** A process of this node that was started by other means. */
  adopt(node: Node, pid: number): void;
  /** Called by contenders when they hear of it. */
  firstPiece(node: Node): void;
  /** The whole file is there, by the contender's own word. */
  done(node: Node): void;
}

/** All times in ms from the start of the first process. */
export interface HostOutcome {
  readonly name: string;
  readonly firstPieceMs: number | undefined;
  /** undefined: not within the time there was. */
  readonly doneMs: number | undefined;
  /** Its file was read again and had the right SHA-256. */
  readonly right: boolean;
  /** The slow, late or killed one, whose own time says nothing about the others'. */
  readonly odd: boolean;
}

export interface Outcome extends Readings {
  readonly contender: string;
  readonly hosts: readonly HostOutcome[];
  /** What the scenario did, and when. */
  readonly events: readonly { readonly what: string; readonly ms: number }[];
  /** What a contender's program said before it ended by itself. */
  readonly trouble: string | undefined;
}
