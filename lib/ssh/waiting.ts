// One step of a login: begun, waited for, and given up in words that say what was waited for.
import { OpsError } from "../errors.ts";
import { type Endpoint, placeOf } from "./endpoint.ts";
import { interrupted } from "./pool.ts";

export interface DialOptions {
  readonly home: string;
  /** For each step; else what the endpoint says, else 10 s. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface Waiting {
  /** What has not come yet, asked when it is too late. */
  readonly waitedFor: () => string;
  /** Lets go of whatever was begun; called when the wait ends without success. */
  readonly giveUp: () => void;
  /** Whether the delay is not the other end's, so that it is waited for longer. */
  readonly extend?: () => boolean;
}

/** For each step, where nobody says. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** A token that wants to be touched, or takes its time for each of many; sshd itself waits for two minutes. */
const EXTENSIONS = 9;

/** How long each step towards `endpoint` may take. */
export function patience(endpoint: Endpoint, timeoutMs: number | undefined): number {
  return timeoutMs ?? endpoint.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS;
}

/**
 * What `begin` resolves with.
 * @throws OpsError `unreachable` when that takes too long, `interrupted`, and what `begin` rejects with
 */
export async function waitFor<T>(
  endpoint: Endpoint,
  { timeoutMs, signal }: DialOptions,
  { waitedFor, giveUp, extend = () => false }: Waiting,
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  const { host } = endpoint;
  const limitMs = patience(endpoint, timeoutMs);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let waitedMs = 0;
  const late = () => {
    waitedMs += limitMs;
    if (extend() && waitedMs <= EXTENSIONS * limitMs) {
      timer = setTimeout(late, limitMs);
      return;
    }
    const message = `${host}: ${placeOf(endpoint)} did not answer within ${waitedMs / 1000} s (waited for ${waitedFor()})`;
    reject(new OpsError("unreachable", message, { host, hint: "check that the host is up and lets us in" }));
  };
  let timer = setTimeout(late, limitMs);
  const abort = () => signal && reject(interrupted(signal, host));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    begin(resolve, reject);
    return await promise;
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
