// A login that gets another try: servers that hang up before we are in may only be busy (sshd's MaxStartups).
import { OpsError } from "../errors.ts";
import { HungUp } from "./hung-up.ts";
import { interrupted, throwIfInterrupted } from "./pool.ts";

const RETRIES = 5;
const RETRY_MS = 200;
const RETRY_AT_MOST_MS = 3200;

/**
 * What `login` resolves with, tried again where it throws HungUp; a server that refuses us gets no second try.
 * @throws what `login` throws, OpsError `interrupted`
 */
export async function retrying<T>(
  login: () => Promise<T>,
  { host, signal }: { readonly host: string; readonly signal: AbortSignal | undefined },
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await login();
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
      if (attempt === RETRIES) throw giveUp(error, { attempts: attempt + 1 });
    }
    // Those who were sent away together must not come back together.
    const delayMs = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** attempt) * (0.5 + Math.random());
    await pause(delayMs, signal, host);
  }
}

function giveUp(error: HungUp, { attempts }: { readonly attempts: number }): OpsError {
  const { code, message, hint, host } = error;
  return new OpsError(code, `${message}, ${attempts} times`, { hint, host, cause: error });
}

/** `work`, or the interruption, whichever is first. */
export async function unlessInterrupted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  host: string,
): Promise<T> {
  if (signal === undefined) return work;
  throwIfInterrupted(signal, host);
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(interrupted(signal, host));
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}

async function pause(delayMs: number, signal: AbortSignal | undefined, host: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  await unlessInterrupted(promise, signal, host).finally(() => clearTimeout(timer));
}
