// A run played in real time, to look at: bun test/ui/demo.ts [--hosts 8] [--mode auto|lines|json] [--seconds 20]
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import type { FleetEvent } from "../../lib/swarm/events.ts";
import { showFleet } from "../../lib/ui/show.ts";
import { liveFeed } from "./feeds.ts";
import { scriptedRun } from "./scripted.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "8" },
    mode: { type: "string", default: "auto" },
    /** How long the payload takes. */
    seconds: { type: "string", default: "20" },
    verbose: { type: "boolean", default: false },
    /** Begins at this second of the run and stays there until q or Ctrl+C, so that a screen can be looked at. */
    hold: { type: "string", default: "0" },
    /** Milliseconds between progress reports. */
    every: { type: "string", default: "500" },
    /** How many times faster than it says. */
    speed: { type: "string", default: "1" },
    /** Asks a question when the run is over. */
    ask: { type: "boolean", default: false },
    /** What quitting does: the run ends, nothing at all, the program throws, or it leaves without a word. */
    quit: { type: "string", default: "end" },
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
    if (values.quit !== "ignore") quit.resolve();
  },
});

const run = scriptedRun({
  hosts: Number(values.hosts),
  startMs,
  distributeSeconds: Number(values.seconds),
  reportEveryMs: Number(values.every),
});
const speed = Number(values.speed);
for (const { atMs, ...rest } of run) {
  const event = { ...rest, atMs: startMs + (atMs - startMs) / speed } as FleetEvent;
  if (holdMs > 0 && event.atMs - startMs > holdMs) break;
  const waitMs = event.atMs - Date.now();
  if (holdMs === 0 && waitMs > 0) await Bun.sleep(waitMs);
  feed.push(event);
}
if (holdMs > 0) {
  await quit.promise;
  if (values.quit === "throw") throw new Error("the demo broke");
  if (values.quit === "exit") process.exit(3);
  const last = run.at(-1);
  if (last?.type === "summary") feed.push({ ...last, atMs: Date.now() });
}
feed.end();
await shown.done;
if (values.ask) {
  const input = createInterface({ input: process.stdin, output: process.stdout });
  process.stdout.write(`answer: ${await input.question("go on? ")}\n`);
  input.close();
}
if (mode !== "json") process.stdout.write(`exit after ${values.hosts} hosts\n`);
