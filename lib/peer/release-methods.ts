// What a peer does about releases, under the lock it holds.
import { placePayload } from "../payload/unpack.ts";
import { twentieths } from "../percent.ts";
import { activateRelease, markGood, switchBack } from "../release/activate.ts";
import { runCommand } from "../release/command.ts";
import { inspectHost } from "../release/inspect.ts";
import { installRelease } from "../release/install.ts";
import { checkLock, freeLock, takeLock } from "../release/lock.ts";
import { pruneReleases } from "../release/prune.ts";
import { removeStale } from "../release/remove.ts";
import { checkHealth } from "./health.ts";
import type { Method, Params, Result, Upward } from "./protocol.ts";

export type Handlers = {
  readonly [M in Method]: (params: Params<M>, signal: AbortSignal) => Promise<Result<M>>;
};

type ReleaseMethod =
  | "inspect"
  | "lock"
  | "unlock"
  | "install"
  | "place"
  | "command"
  | "activate"
  | "switchBack"
  | "health"
  | "markGood"
  | "prune";

/** `tell` takes what happens meanwhile; `end` frees the locks that are held still. */
export function releaseMethods({ tell }: { readonly tell: (event: Upward) => void }): {
  readonly methods: Pick<Handlers, ReleaseMethod>;
  end(): Promise<void>;
} {
  const locks = new Map<string, string>();
  const unlock = async (deployTo: string) => {
    const token = locks.get(deployTo);
    if (token === undefined) return;
    locks.delete(deployTo);
    await freeLock(deployTo, token);
  };
  const methods: Pick<Handlers, ReleaseMethod> = {
    inspect: ({ deployTo }) => inspectHost(deployTo),
    lock: async ({ deployTo, infohash, ...options }, signal) => {
      const { token, broke } = await takeLock(deployTo, { ...options, signal });
      locks.set(deployTo, token);
      await removeStale(deployTo, { inUse: infohash === undefined ? [] : [infohash], signal });
      return { broke };
    },
    unlock: async ({ deployTo }) => {
      await unlock(deployTo);
      return {};
    },
    install: ({ deployTo, contentBytes, ...options }, signal) =>
      installRelease(deployTo, {
        ...options,
        signal,
        onProgress: twentieths(contentBytes, (percent) =>
          tell({ type: "detail", text: `unpacking ${percent} %` }),
        ),
      }),
    place: ({ payload, destination }, signal) => placePayload(payload, destination, { signal }),
    command: async ({ deployTo, ...options }, signal) => {
      const onOutput = (stream: "stdout" | "stderr", text: string) => tell({ type: "output", stream, text });
      return { exitCode: await runCommand(deployTo, { ...options, signal, onOutput }) };
    },
    activate: async ({ deployTo, id }) => {
      const token = locks.get(deployTo);
      if (token === undefined) throw new Error("activate without a lock");
      await checkLock(deployTo, token);
      return activateRelease(deployTo, id);
    },
    switchBack: async ({ deployTo, previous }) => {
      const token = locks.get(deployTo);
      if (token === undefined) throw new Error("switch back without a lock");
      await checkLock(deployTo, token);
      await switchBack(deployTo, previous);
      return {};
    },
    health: (params, signal) => checkHealth(params, { signal, tell }),
    markGood: async ({ deployTo, id, by, rollback }) => {
      await markGood(deployTo, id, { by, rollback });
      return {};
    },
    prune: async ({ deployTo, keep }) => ({ removed: await pruneReleases(deployTo, keep) }),
  };
  return {
    methods,
    end: async () => {
      for (const deployTo of [...locks.keys()]) await unlock(deployTo);
    },
  };
}
