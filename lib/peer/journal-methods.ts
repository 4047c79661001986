// What a peer does about releases, noted in the host's journal.
import { OpsError } from "../errors.ts";
import { type JournalEvent, type JournalWho, noteInJournal } from "../release/journal.ts";
import type { Method, Params, Result, Upward } from "./protocol.ts";
import type { Handlers } from "./release-methods.ts";

type Handler = (params: never, signal: AbortSignal) => Promise<unknown>;

/** What is noted of a method when it is through, or failed; undefined: nothing. */
interface Rule<M extends Method> {
  readonly event: (params: Params<M>) => JournalEvent["event"];
  readonly tell: (params: Params<M>, result: Result<M> | undefined) => Partial<JournalEvent> | undefined;
}

const RULES: { readonly [M in Method]?: Rule<M> } = {
  install: {
    event: () => "installed",
    tell: ({ id, infohash }, result) =>
      result?.existed ? undefined : { release: id, tree: result?.tree, infohash },
  },
  command: {
    event: () => "command",
    tell: ({ id }, result) => {
      if (result?.exitCode === 0) return undefined;
      // Its text may hold secrets.
      const detail = result === undefined ? {} : { detail: `exit code ${result.exitCode}` };
      return { release: id, outcome: "failed", ...detail };
    },
  },
  activate: {
    event: () => "switched",
    tell: ({ id }, result) => ({ release: id, previous: result?.previous }),
  },
  switchBack: {
    event: () => "switched back",
    tell: ({ previous }) =>
      previous === undefined ? { detail: "no current any more" } : { release: previous },
  },
  health: {
    event: () => "health",
    tell: ({ id }, result) =>
      result?.well ? undefined : { release: id, outcome: "failed", ...(result && { detail: result.last }) },
  },
  markGood: {
    event: ({ rollback }) => (rollback ? "rolled back" : "deployed"),
    tell: ({ id }) => ({ release: id }),
  },
  prune: {
    event: () => "pruned",
    tell: (_params, result) => (result?.removed.length === 0 ? undefined : { removed: result?.removed }),
  },
};

/**
 * `methods`, each of which notes what came of it once the lock is held. A journal that can't be written is told as
 * the host's output, once, and stops nothing.
 */
export function inJournal<T extends Partial<Handlers>>(methods: T, tell: (event: Upward) => void): T {
  const holders = new Map<string, JournalWho>();
  let broken = false;

  async function note(deployTo: string, event: JournalEvent): Promise<void> {
    const who = holders.get(deployTo);
    if (who === undefined || broken) return;
    try {
      await noteInJournal(deployTo, { ...event, ...who });
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      broken = true;
      tell({ type: "output", stream: "stderr", text: `${error.message}; what is done is not noted there\n` });
    }
  }

  const noting = <M extends Method>(method: M, handler: Handler): Handler => {
    const rule = RULES[method] as Rule<M> | undefined;
    if (rule === undefined) return handler;
    return async (params: Params<M> & { readonly deployTo: string }, signal) => {
      const event = rule.event(params);
      try {
        const result = (await handler(params as never, signal)) as Result<M>;
        const facts = rule.tell(params, result);
        if (facts !== undefined) await note(params.deployTo, { event, outcome: "ok", ...facts });
        return result;
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        await note(params.deployTo, { event, ...rule.tell(params, undefined), outcome: "failed", detail });
        throw error;
      }
    };
  };

  const locking = (handler: Handlers["lock"]): Handlers["lock"] => {
    return async (params, signal) => {
      const result = await handler(params, signal);
      const { deployTo, app, owner: by, environment, login, from } = params;
      if (!("broke" in result)) return result;
      holders.set(deployTo, { by, login, from, app, environment });
      const detail = result.broke === undefined ? {} : { detail: `broke the lock of ${result.broke}` };
      await note(deployTo, { event: "locked", outcome: "ok", ...detail });
      return result;
    };
  };

  const wrapped = Object.entries(methods).map(([name, handler]) => [
    name,
    name === "lock"
      ? locking(handler as Handlers["lock"])
      : noting(name as Method, handler as unknown as Handler),
  ]);
  return Object.fromEntries(wrapped) as T;
}
