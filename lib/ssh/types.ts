// One connection a host: what every way of reaching a host (ssh2, this machine) offers.
import type { ParsedKey } from "ssh2";

/** How to reach a host; made from `ansible_*` vars by `targetOf`. */
export interface Target {
  /** Inventory name: what messages call it. */
  readonly name: string;
  readonly via: "ssh" | "local";
  /** `ansible_host`, else the inventory name. */
  readonly address: string;
  readonly port: number;
  /** undefined: what ssh_config says, else the user running this. */
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  readonly password?: string | undefined;
  /** `user@host:port` hops, nearest first (ProxyJump). */
  readonly jumps?: readonly string[] | undefined;
  readonly hostKeyChecking: "yes" | "accept-new" | "no";
  readonly knownHostsFiles?: readonly string[] | undefined;
  /** Whom every command runs as, and how; undefined: the login user. */
  readonly become?: Become | undefined;
  /** How long each step of connecting may take; 10 s where nobody says. */
  readonly connectTimeoutMs?: number | undefined;
  /** Only `privateKeyFile`, not the agent's other keys (IdentitiesOnly). */
  readonly identitiesOnly?: boolean | undefined;
  /** ServerAliveInterval (0: none) and ServerAliveCountMax; 10 s and 3 where nobody says. */
  readonly keepalive?:
    | { readonly seconds?: number | undefined; readonly count?: number | undefined }
    | undefined;
  /** Encrypted private keys that were opened already, by path. */
  readonly unlocked?: ReadonlyMap<string, ParsedKey> | undefined;
  /** Fields nobody set, so that ssh_config may: as with ssh, what the inventory says comes first. */
  readonly unset?: readonly ("port" | "hostKeyChecking")[] | undefined;
  /** Why only the system's own ssh will do, as far as vars say: `ansible_ssh_common_args has ProxyCommand`. */
  readonly needs?: string | undefined;
  /** Words of `ansible_ssh_args`, and of the common and extra ones: for the system's own ssh. */
  readonly sshArguments?:
    | { readonly before: readonly string[]; readonly after: readonly string[] }
    | undefined;
  /** `ansible_ssh_executable`, where it isn't plain `ssh`. */
  readonly sshProgram?: string | undefined;
}

/** Another user on a host, by sudo or su. */
export interface Become {
  readonly method: "sudo" | "su";
  readonly user: string;
  /** Given only when it is asked for. */
  readonly password?: string | undefined;
  /** Words on the program's command line, quoted as for a shell; `-H` for sudo, none for su. */
  readonly flags?: string | undefined;
  /** The program, where it isn't called as the method; with words of its own, if need be. */
  readonly exe?: string | undefined;
}

/** What a command said, and how it ended; 128 + number when a signal ended it. */
export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: Uint8Array | string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Called with text as it arrives; whole lines are not guaranteed. */
  readonly onOutput?: ((stream: "stdout" | "stderr", text: string) => void) | undefined;
}

/** A program running at the other end. Closing stdin tells ours to stop; disposing kills it. */
export interface RemoteProcess extends AsyncDisposable {
  /** Resolves once written; rejects when the other end is gone. */
  write(bytes: Uint8Array | string): Promise<void>;
  end(): void;
  readonly stdout: AsyncIterable<Uint8Array>;
  /** The last 64 KiB of stderr, for error messages. */
  stderr(): string;
  /** Settles when it ended: exit code, or null when a signal or a lost connection ended it. */
  readonly exited: Promise<number | null>;
}

/** A host that is logged in to: commands run there and files put there, as the user `target` says. Disposing ends both. */
export interface Connection extends AsyncDisposable {
  readonly target: Target;
  /** Who we are there, before becoming anybody else. */
  readonly user: string;
  /** The address by which this machine reaches the host (an IP, where one is known). */
  readonly remoteAddress: string;
  /** This machine's own address on that connection: where the host can expect to reach us. */
  readonly localAddress: string;
  /** Runs `argv` (each word quoted; no shell meaning) and waits. A non-zero exit is a result, not an error. */
  run(argv: readonly string[], options?: RunOptions): Promise<Output>;
  /** Starts `argv` and hands out its pipes. */
  start(
    argv: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<RemoteProcess>;
  /**
   * Puts bytes or a local file (`{ path }`) at `remotePath`: whole or not at all (temporary name, then rename).
   * Parent folders are made. `mode` defaults to 0o600.
   */
  upload(
    content: Uint8Array | { readonly path: string },
    remotePath: string,
    options?: {
      readonly mode?: number;
      /** `content` is gzip: what it unpacks to is put there, if it is of this size and SHA-256. */
      readonly unpacked?: { readonly bytes: number; readonly sha256: string } | undefined;
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: (sentBytes: number) => void;
    },
  ): Promise<void>;
  /** Settles (never rejects) with the reason when the connection is lost or closed. */
  readonly closed: Promise<Error | undefined>;
}
