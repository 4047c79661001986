// The way to a host: straight, or through jump hosts, with one login at each of them for all hosts behind it.
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import { OpsError } from "../errors.ts";
import { logIn } from "./dial.ts";
import { type Endpoint, placeOf } from "./endpoint.ts";
import { openThrough } from "./forward.ts";
import { HungUp } from "./hung-up.ts";
import { interrupted, throwIfInterrupted } from "./pool.ts";
import { lookUp, openSocket } from "./socket.ts";
import { startsAt, startsIn, startsThrough } from "./starts.ts";
import type { DialOptions } from "./waiting.ts";

/** A login somewhere. */
export interface Reached {
  readonly client: Client;
  /** What it speaks through. */
  readonly stream: Duplex;
  /** The TCP connection under it all, to the first server on the way. */
  readonly socket: Socket;
  /** Why the way there is gone, when a jump host on it is. */
  blocked(): string | undefined;
  /** Says goodbye, and lets go of the jump hosts; again is harmless. */
  leave(): void;
}

/** A login at a jump host, kept as long as somebody needs it. */
interface Bastion {
  readonly opening: Promise<Reached>;
  /** Ends the opening when nobody waits for it any more. */
  readonly stop: AbortController;
  users: number;
  lost: boolean;
}

const RETRIES = 5;
const RETRY_MS = 200;
const RETRY_AT_MOST_MS = 3200;
const GOODBYE_MS = 500;

const bastions = new Map<string, Bastion>();

/**
 * Logs in at the last of `route`. A server that hangs up before we are in gets another try, for it may be busy; one
 * that refuses us doesn't.
 * @throws OpsError `unreachable`, `host-key`, `auth`, `interrupted`
 */
export async function reach(route: readonly Endpoint[], options: DialOptions): Promise<Reached> {
  const endpoint = route.at(-1);
  if (endpoint === undefined) throw new TypeError("an empty route");
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await (route.length === 1 ? reachDirectly(endpoint, options) : reachBehind(route, options));
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
      if (attempt === RETRIES) throw giveUp(error, { attempts: attempt + 1 });
    }
    // Those who were sent away together must not come back together.
    const delayMs = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** attempt) * (0.5 + Math.random());
    await pause(delayMs, options.signal, endpoint.host);
  }
}

function giveUp(error: HungUp, { attempts }: { readonly attempts: number }): OpsError {
  const { code, message, hint, host } = error;
  return new OpsError(code, `${message}, ${attempts} times`, { hint, host, cause: error });
}

async function reachDirectly(endpoint: Endpoint, options: DialOptions): Promise<Reached> {
  const turn = startsAt(placeOf(endpoint));
  const address = await lookUp(endpoint, options);
  return turn(() =>
    startsIn(address)(async () => {
      const socket = await openSocket(endpoint, options);
      const client = await logIn(endpoint, socket, options);
      client.setMaxListeners(0);
      return { client, stream: socket, socket, blocked: () => undefined, leave: () => void client.end() };
    }),
  );
}

async function reachBehind(route: readonly Endpoint[], options: DialOptions): Promise<Reached> {
  const endpoint = route.at(-1) as Endpoint;
  const jump = route.at(-2) as Endpoint;
  const hops = route.slice(0, -1);
  const before = await takeBastion(hops, endpoint.host, options);
  try {
    const { client: through, socket } = before.reached;
    return await startsAt(`${before.key} ${placeOf(endpoint)}`)(() =>
      startsThrough(before.key)(async () => {
        const stream = await openThrough(through, endpoint, { ...options, jump });
        const client = await logIn(endpoint, stream, options);
        client.setMaxListeners(0);
        const leave = () => {
          client.end();
          before.release();
        };
        return { client, stream, socket, blocked: before.blocked, leave };
      }),
    );
  } catch (error) {
    const lost = before.blocked();
    before.release();
    throw lost === undefined ? error : gone(endpoint.host, lost, error);
  }
}

/** The jump host went away under a login: with a new connection to it, the next try may do. */
function gone(host: string, lost: string, cause: unknown): OpsError {
  if (cause instanceof OpsError && cause.code === "interrupted") return cause;
  const hint = "check that the jump host is up, then run the same again";
  return new HungUp("unreachable", `${host}: ${lost}`, { host, hint, cause });
}

interface Taken {
  readonly key: string;
  readonly reached: Reached;
  blocked(): string | undefined;
  release(): void;
}

/** The login at the last of `hops`: the one that is open or on its way, else a new one. For `host`, in messages. */
async function takeBastion(hops: readonly Endpoint[], host: string, options: DialOptions): Promise<Taken> {
  throwIfInterrupted(options.signal, host);
  const last = hops.at(-1) as Endpoint;
  const name = `jump host ${placeOf(last)}`;
  const key = JSON.stringify(hops.map(({ host: _, unlocked: __, ...what }) => what));
  const bastion = bastions.get(key) ?? openBastion(hops, { ...options, name, key });
  bastion.users += 1;
  let holding = true;
  const release = () => {
    if (!holding) return;
    holding = false;
    bastion.users -= 1;
    if (bastion.users === 0) closeBastion(key, bastion);
  };
  try {
    const reached = await unlessAborted(bastion.opening, options.signal, host);
    const blocked = () => reached.blocked() ?? (bastion.lost ? `its ${name} went away` : undefined);
    return { key, reached, blocked, release };
  } catch (error) {
    release();
    if (!(error instanceof OpsError) || error.code === "interrupted") throw error;
    // Said of the jump host, once; every host behind it hears it with its own name.
    const { code, message, hint, cause } = error;
    throw new OpsError(code, `${host}: ${message}`, { host, hint, cause });
  }
}

function openBastion(
  hops: readonly Endpoint[],
  { name, key, ...options }: DialOptions & { readonly name: string; readonly key: string },
): Bastion {
  const stop = new AbortController();
  const route = hops.map((hop, index) => (index === hops.length - 1 ? { ...hop, host: name } : hop));
  const opening = reach(route, { ...options, signal: stop.signal });
  const bastion: Bastion = { opening, stop, users: 0, lost: false };
  bastions.set(key, bastion);
  const forget = () => {
    bastion.lost = true;
    if (bastions.get(key) === bastion) bastions.delete(key);
  };
  opening.then(({ client }) => {
    client.on("error", forget);
    client.once("close", forget);
  }, forget);
  return bastion;
}

function closeBastion(key: string, bastion: Bastion): void {
  if (bastions.get(key) === bastion) bastions.delete(key);
  bastion.stop.abort();
  bastion.opening.then(
    ({ client, stream, leave }) => {
      // A jump host that has stopped answering won't say goodbye either.
      const timer = setTimeout(() => stream.destroy(), GOODBYE_MS);
      client.once("close", () => clearTimeout(timer));
      leave();
    },
    () => undefined, // it never opened, which those who waited for it were told
  );
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, host: string): Promise<T> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(interrupted(signal, host));
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}

async function pause(delayMs: number, signal: AbortSignal | undefined, host: string): Promise<void> {
  throwIfInterrupted(signal, host);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  await unlessAborted(promise, signal, host).finally(() => clearTimeout(timer));
}
