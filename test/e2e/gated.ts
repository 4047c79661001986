// Deploys that hold their locks for as long as a test wants.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonResult, Stage } from "./stage.ts";

export interface Gated {
  /** Settles with the script's process id when its commands wait. */
  readonly waiting: Promise<number>;
  readonly result: Promise<JsonResult>;
  open(): Promise<void>;
}

/** A deploy of `release` that holds its locks until `open()`: its before-activate command waits for a file. */
export function gatedDeploy(stage: Stage, release: string, words: readonly string[] = []): Gated {
  const gate = join(stage.temporary, "..", `gate-${release}`);
  const wait = `echo waiting; while [ ! -e ${gate} ]; do sleep 0.02; done`;
  const waiting = Promise.withResolvers<number>();
  const vars = JSON.stringify({ rookery_before_activate: [wait] });
  const result = stage.json("deploy", ["-r", release, "-e", vars, ...words], {
    onEvent: (event, pid) => {
      if (event.type === "output") waiting.resolve(pid);
    },
  });
  result.then(
    ({ stdout }) => waiting.reject(new Error(stdout)),
    (error) => waiting.reject(error),
  );
  waiting.promise.catch(() => undefined);
  return { waiting: waiting.promise, result, open: () => writeFile(gate, "") };
}
