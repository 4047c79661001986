// What went wrong, in words an operator can act on.

/** What kind of trouble: stable words for programs (`--json`, tests); people read `message` and `hint`. */
export type ErrorCode =
  | "usage" // a flag or argument
  | "inventory" // the inventory can't be found or read
  | "pattern" // no host matched
  | "setting" // a rookery_* setting is missing, undefined or malformed
  | "source" // the release source can't be read
  | "unreachable" // no connection: DNS, refused, timed out, dropped
  | "auth" // connected, but no key or password was accepted
  | "host-key" // unknown or changed host key
  | "remote" // a command or request failed on a host
  | "disk-full"
  | "hash" // bytes are not what they should be
  | "locked" // another deploy holds the lock
  | "timeout"
  | "port" // no port could be listened on
  | "release" // a release is missing, incomplete or not switchable
  | "protocol" // the program at the other end speaks something else
  | "torrent" // not a torrent, or not one we can use
  | "history" // the record of past runs can't be read or written
  | "tool" // a program that is needed is not installed
  | "interrupted"; // Ctrl+C or the caller's signal

export interface OpsErrorOptions {
  /** What to do about it, one imperative clause. */
  readonly hint?: string | undefined;
  /** Inventory name of the host it happened on. */
  readonly host?: string | undefined;
  readonly cause?: unknown;
}

/** An error an operator can act on. Anything else that is thrown is a bug and keeps its stack. */
export class OpsError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly host: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, host, cause }: OpsErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "OpsError";
    this.code = code;
    this.hint = hint;
    this.host = host;
  }
}

/** Whether the host was never talked to, which Ansible calls unreachable, as its exit code 4 does. */
export function isUnreachable(code: ErrorCode): boolean {
  return code === "unreachable" || code === "auth" || code === "host-key";
}

/** `error` as an OpsError of `host`, keeping code and hint where it already is one. Bugs stay bugs: they are rethrown. */
export function atHost(error: unknown, host: string): OpsError {
  if (!(error instanceof OpsError)) throw error;
  if (error.host !== undefined) return error;
  return new OpsError(error.code, error.message, { hint: error.hint, host, cause: error.cause });
}
