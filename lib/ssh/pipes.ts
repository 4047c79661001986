// What a started command looks like from here, be it an SSH channel or a child process.
import type { Readable, Writable } from "node:stream";
import type { Target } from "./types.ts";

export interface Pipes {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<Exit>;
  /** Lets go: stdout and stderr end and `exited` settles at once; what runs at the other end may go on. */
  close(): void;
}

/** How a command ended: its exit code, the signal that ended it (`SIGKILL`), or neither when the connection went away. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | undefined;
}

/** A way to a host: all that a Connection is built on. */
export interface Transport {
  readonly target: Target;
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Who we are there. */
  readonly user: string;
  readonly closed: Promise<Error | undefined>;
  /** Starts a command. Rejects with OpsError `unreachable` when the connection is gone. */
  open(argv: readonly string[]): Promise<Pipes>;
  /** Resolves when all is let go of. */
  close(): Promise<void>;
}
