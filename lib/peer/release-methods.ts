// What a peer does about releases, under the lock it holds.
import { placePayload } from "../payload/unpack.ts";
import { twentieths } from "../percent.ts";
import { activateRelease, markGood, switchBack } from "../release/activate.ts";
import { runCommand } from "../release/command.ts";
import { readCurrent } from "../release/current.ts";
import { inspectHost } from "../release/inspect.ts";
import { installRelease, type StagedTree } from "../release/install.ts";
import { layoutOf } from "../release/layout.ts";
import { checkLock, freeLock, renewLock, tryLock, underLock } from "../release/lock.ts";
import { pruneReleases } from "../release/prune.ts";
import { removeStale } from "../release/remove.ts";
import { verifyRelease } from "../release/verify.ts";
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
  | "prune"
  | "verify";

/** `tell` takes what happens meanwhile; `heard` renews the locks that are held; `end` frees them. */
export function releaseMethods({
  tell,
  staged,
}: {
  readonly tell: (event: Upward) => void;
  /** What was begun of the release that this payload brings. */
  readonly staged: (infohash: string) => StagedTree | undefined;
}): {
  readonly methods: Pick<Handlers, ReleaseMethod>;
  heard(): Promise<void>;
  end(): Promise<void>;
} {
  const locks = new Map<string, string>();
  const unlock = async (deployTo: string) => {
    const token = locks.get(deployTo);
    if (token === undefined) return;
    locks.delete(deployTo);
    await freeLock(deployTo, token);
  };
  const tokenOf = (deployTo: string) => {
    const token = locks.get(deployTo);
    if (token === undefined) throw new Error(`${deployTo} is not locked`);
    return token;
  };
  const methods: Pick<Handlers, ReleaseMethod> = {
    inspect: ({ deployTo }) => inspectHost(deployTo),
    lock: async ({ deployTo, infohash, tidy = true, ...options }, signal) => {
      const onWatch = (text: string) => tell({ type: "detail", text });
      const taken = await tryLock(deployTo, { ...options, onWatch, signal });
      if ("refusal" in taken) return taken;
      const { token, broke } = taken;
      locks.set(deployTo, token);
      if (tidy) await removeStale(deployTo, { inUse: infohash === undefined ? [] : [infohash], signal });
      return { broke, current: (await readCurrent(layoutOf(deployTo))).id };
    },
    unlock: async ({ deployTo }) => {
      await unlock(deployTo);
      return {};
    },
    install: ({ deployTo, contentBytes, ...options }, signal) =>
      installRelease(deployTo, {
        ...options,
        staged: staged(options.infohash),
        signal,
        onProgress: twentieths(contentBytes, (percent) =>
          tell({ type: "detail", text: `unpacking ${percent} %` }),
        ),
      }),
    place: ({ payload, destination }, signal) => placePayload(payload, destination, { signal }),
    command: async ({ deployTo, ...options }, signal) => {
      await checkLock(deployTo, tokenOf(deployTo));
      const onOutput = (stream: "stdout" | "stderr", text: string) => tell({ type: "output", stream, text });
      return { exitCode: await runCommand(deployTo, { ...options, signal, onOutput }) };
    },
    activate: async ({ deployTo, id }) => {
      return underLock(deployTo, tokenOf(deployTo), () => activateRelease(deployTo, id));
    },
    switchBack: async ({ deployTo, previous }) => {
      await underLock(deployTo, tokenOf(deployTo), () => switchBack(deployTo, previous));
      return {};
    },
    health: (params, signal) => checkHealth(params, { signal, tell }),
    markGood: async ({ deployTo, id, by, rollback }) => {
      await underLock(deployTo, tokenOf(deployTo), () => markGood(deployTo, id, { by, rollback }));
      return {};
    },
    prune: async ({ deployTo, keep }) => {
      const mayRemove = () => checkLock(deployTo, tokenOf(deployTo));
      return { removed: await pruneReleases(deployTo, keep, { mayRemove }) };
    },
    verify: ({ deployTo, ...options }, signal) => {
      const onPercent = (percent: number) => tell({ type: "detail", text: `verifying ${percent} %` });
      return verifyRelease(deployTo, { ...options, onPercent, signal });
    },
  };
  let renewing = false;
  return {
    methods,
    heard: async () => {
      if (renewing) return;
      renewing = true;
      // A lock that can't be renewed runs out, and that is found out before anything that can't be taken back.
      await Promise.allSettled([...locks].map(([deployTo, token]) => renewLock(deployTo, token)));
      renewing = false;
    },
    end: async () => {
      for (const deployTo of [...locks.keys()]) await unlock(deployTo);
    },
  };
}
