// A runtime on many hosts at once: this machine gives each another part of it, and they pass on what they have.
import type { PortRange } from "../peer/protocol.ts";
import { interrupted, throwIfInterrupted } from "../ssh/pool.ts";
import type { Connection } from "../ssh/types.ts";
import { type Giver, type Outcome, openWarmHost, type WarmHost } from "./host.ts";
import type { Packed } from "./pack.ts";
import { openTable } from "./table.ts";
import type { Runtime } from "./types.ts";

export interface Cold {
  readonly connection: Connection;
  readonly cache: string;
  /** How the others reach it. */
  readonly address: string;
  readonly ports: PortRange | undefined;
  /** Packed bytes that have arrived. */
  readonly onProgress: (bytes: number) => void;
}

export interface Spread extends AsyncDisposable {
  /**
   * Resolves when the host has the runtime in its cache: true. False when it has to be sent the whole, because it reaches
   * no other host, say.
   * @throws OpsError `unreachable`, `disk-full`, `remote`, `interrupted`
   */
  warm(host: Cold): Promise<boolean>;
}

interface Entry {
  readonly cold: Cold;
  readonly done: PromiseWithResolvers<boolean>;
  host: WarmHost | undefined;
  giver: Giver | undefined;
  bytes: number;
  /** Deadlines of parts on their way. */
  readonly timers: Map<number, Timer>;
}

/** Hosts that are fed at the same time at first; later, as many as there are to feed them. */
const FIRST_WAVE = 32;
/** A part that takes longer is given up, and comes from elsewhere: what fetches it has shorter deadlines of its own. */
const PART_MS = 300_000;

export function openSpread(
  runtime: Runtime,
  packed: Packed,
  { forks, signal }: { readonly forks: number; readonly signal: AbortSignal },
): Spread {
  const table = openTable(packed.parts.length);
  const entries = new Map<string, Entry>();
  const waiting: (() => void)[] = [];
  const closing: PromiseLike<void>[] = [];
  let active = 0;
  let complete = 0;
  let planned = false;

  const part = (index: number) => {
    const found = packed.parts[index];
    if (found === undefined) throw new RangeError(`no part ${index}`);
    return found;
  };
  /** Once a turn, however much has been heard in it. */
  const plan = () => {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      if (signal.aborted) return;
      for (const move of table.next()) {
        const entry = entries.get(move.host);
        if (entry?.host === undefined) continue;
        if (move.type === "alone") drop(entry, (done) => done.resolve(false));
        else if (move.type === "push") void push(entry, entry.host, move.part);
        else {
          const giver = entries.get(move.giver)?.giver;
          for (const index of move.parts) expire(entry, index);
          if (giver === undefined) for (const index of move.parts) heard(move.host, index, "failed");
          else entry.host.get(giver, move.parts.map(part));
        }
      }
    });
  };
  const expire = (entry: Entry, index: number) => {
    const name = entry.cold.connection.target.name;
    entry.timers.set(index, setTimeout(() => heard(name, index, "failed"), PART_MS).unref());
  };
  const push = async (entry: Entry, host: WarmHost, index: number) => {
    try {
      await host.push(part(index), signal);
      expire(entry, index);
    } catch (error) {
      drop(entry, (done) => done.reject(error));
    }
  };
  const heard = (name: string, index: number, outcome: Outcome) => {
    const entry = entries.get(name);
    if (entry === undefined) return;
    clearTimeout(entry.timers.get(index));
    table.settle(name, index, outcome);
    if (outcome === "have") {
      entry.bytes += part(index).bytes;
      entry.cold.onProgress(entry.bytes);
    }
    plan();
  };
  const finish = async (entry: Entry, host: WarmHost) => {
    const [result] = await Promise.allSettled([host.ready]);
    // A rejection is told by `gone`, with its reason.
    if (result?.status !== "fulfilled") return;
    if (result.value !== true) return drop(entry, (done) => done.resolve(false));
    complete++;
    entry.done.resolve(true);
    leaveWave();
  };
  /** Off the table, for better or worse; `settle` is called once nothing of this runs on the host. */
  const drop = (entry: Entry, settle: (done: Entry["done"]) => void) => {
    const { name } = entry.cold.connection.target;
    if (entries.get(name) !== entry) return;
    entries.delete(name);
    table.leave(name);
    for (const timer of entry.timers.values()) clearTimeout(timer);
    const closed = Promise.resolve(entry.host?.[Symbol.asyncDispose]());
    closing.push(closed.then(() => settle(entry.done)));
    plan();
  };
  const limit = () => Math.max(Math.min(FIRST_WAVE, forks), complete);
  const enterWave = async () => {
    if (active >= limit()) await new Promise<void>((resolve) => waiting.push(resolve));
    else active++;
  };
  /** A place is free, or there are more of them: it is handed over to who waits. */
  const leaveWave = () => {
    active--;
    for (const next of waiting.splice(0, Math.max(0, limit() - active))) {
      active++;
      next();
    }
  };
  const open = async (entry: Entry) => {
    const { connection, cache, address, ports } = entry.cold;
    const { name } = connection.target;
    const host = await openWarmHost(connection, {
      ...{ runtime, packed, cache, address, ports },
      onServing: (giver) => {
        entry.giver = giver;
        table.serves(name);
        plan();
      },
      onPart: (index, outcome) => heard(name, index, outcome),
    });
    if (entries.get(name) !== entry) return host[Symbol.asyncDispose]();
    entry.host = host;
    table.enter(name);
    if (entry.giver !== undefined) table.serves(name);
    plan();
    void finish(entry, host);
    void host.gone.then((reason) => {
      if (reason === undefined) return;
      // What it lacks for this it may not need for the whole file, whose error says more if it does.
      const helpless = reason.code === "remote";
      drop(entry, (done) => (helpless ? done.resolve(false) : done.reject(reason)));
    });
  };

  return {
    warm: async (cold) => {
      const { name } = cold.connection.target;
      await enterWave();
      const done = Promise.withResolvers<boolean>();
      const entry: Entry = { cold, done, host: undefined, giver: undefined, bytes: 0, timers: new Map() };
      const abort = () => drop(entry, () => done.reject(interrupted(signal, name)));
      done.promise.catch(() => undefined); // it may fail before anybody waits for it, which is told below all the same
      let warmed = false;
      try {
        throwIfInterrupted(signal, name);
        entries.set(name, entry);
        signal.addEventListener("abort", abort, { once: true });
        await open(entry);
        warmed = await done.promise;
        return warmed;
      } catch (error) {
        drop(entry, () => undefined);
        throw error;
      } finally {
        signal.removeEventListener("abort", abort);
        if (!warmed) leaveWave();
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const { host } of entries.values())
        if (host !== undefined) closing.push(host[Symbol.asyncDispose]());
      entries.clear();
      await Promise.all(closing);
    },
  };
}
