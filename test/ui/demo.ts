// A run played in real time, to look at: bun test/ui/demo.ts [--hosts 8] [--mode auto|lines|json] [--seconds 20]
import { parseArgs } from "node:util";
import { showFleet } from "../../lib/ui/show.ts";
import { liveFeed } from "./feeds.ts";
import { scriptedRun } from "./scripted.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "8" },
    mode: { type: "string", default: "auto" },
    seconds: { type: "string", default: "20" },
    verbose: { type: "boolean", default: false },
    /** Stops after this many seconds of the run and waits for a key, so that a screen can be looked at. */
    hold: { type: "string", default: "0" },
    every: { type: "string", default: "500" },
  },
});
const mode = values.mode === "lines" || values.mode === "json" ? values.mode : "auto";
const holdMs = Number(values.hold) * 1000;
const startMs = Date.now() - holdMs;
const feed = liveFeed(startMs);
const quit = Promise.withResolvers<void>();
await using shown = showFleet(feed, {
  mode,
  verbose: values.verbose,
  onQuit: () => {
    feed.push({ type: "note", atMs: Date.now(), level: "info", message: "quit asked for" });
    quit.resolve();
  },
});

const run = scriptedRun({
  hosts: Number(values.hosts),
  startMs,
  distributeSeconds: Number(values.seconds),
  reportEveryMs: Number(values.every),
});
for (const event of run) {
  if (holdMs > 0 && event.atMs - startMs > holdMs) break;
  const waitMs = event.atMs - Date.now();
  if (holdMs === 0 && waitMs > 0) await Bun.sleep(waitMs);
  feed.push(event);
}
if (holdMs > 0) {
  await quit.promise;
  const last = run.at(-1);
  if (last?.type === "summary") feed.push({ ...last, atMs: Date.now() });
}
feed.end();
await shown.done;
process.stdout.write(`exit after ${values.hosts} hosts\n`);
