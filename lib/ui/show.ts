// Chooses how a fleet is shown: a screen on a terminal, lines in a log, JSON for programs.
import type { FleetEvent } from "../swarm/events.ts";
import { type FleetState, reduce } from "../swarm/state.ts";
import type { FleetFeed, Output, Reporter } from "./feed.ts";
import { asksToGoOn, askToGoOn } from "./go-on.ts";
import { jsonReporter } from "./json.ts";
import { linesReporter, troublesReporter } from "./lines.ts";
import { previewText } from "./preview.ts";
import { summaryText } from "./summary.ts";
import { lookFor, type Theme, theme } from "./theme.ts";

export interface ShowOptions {
  /**
   * `auto`: a screen when stderr is a terminal that can show one, else lines. `troubles`: only warnings and failures, for
   * scripts that write results of their own.
   */
  readonly mode: "auto" | "lines" | "troubles" | "json";
  readonly verbose: boolean;
  /** q or Ctrl+C on the screen, called once; without a screen Ctrl+C is the signal it always is. */
  readonly onQuit: () => void;
  /** Asks on the terminal, where there is no screen whose keys are read; undefined when nobody can answer. */
  readonly ask?: ((question: string) => Promise<string | undefined>) | undefined;
  readonly stdout?: Output;
  readonly stderr?: Output;
  readonly stdin?: NodeJS.ReadStream;
}

/** A fleet being shown. Disposing gives the terminal back at once, also before the run is over. */
export interface Shown extends AsyncDisposable {
  /** Settles when the run is over and everything is written. */
  readonly done: Promise<void>;
}

/** Columns reasons are wrapped at where the output has no width of its own. */
const LOG_WIDTH = 120;
/** How long the last events of a run that is over may take to arrive. */
const LAST_EVENTS_MS = 2000;

/**
 * Shows what `feed` tells until its events end, then the summary. Progress goes to stderr, the summary to stdout; with
 * `json` everything goes to stdout as JSON lines and stderr stays empty.
 *
 * On the screen a first Ctrl+C calls `onQuit`; a second one closes the screen and sends SIGINT to this process, as it
 * would have been without a screen.
 */
export function showFleet(feed: FleetFeed, options: ShowOptions): Shown {
  const { mode, verbose, onQuit } = options;
  const { stdout = process.stdout, stderr = process.stderr, stdin = process.stdin } = options;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  // Whoever disposes hears of it as well; without this it would count as unhandled before.
  done.catch(() => {});
  // Subscribed before anything is awaited, for nothing is told twice. The feed's state runs ahead of the events still
  // on their way, so what is said about an event comes from a state of our own, folded as far as that event.
  let state = feed.state;
  const events = feed.events()[Symbol.asyncIterator]();
  const first = events.next();
  let reporter: Reporter | undefined;
  let preview: Extract<FleetEvent, { type: "preview" }> | undefined;
  let over = false;
  let screen = false;

  const look = (stream: Output): Theme => theme(lookFor(stream, process.env));
  const lines = (make = linesReporter): Reporter => {
    const errorTheme = look(stderr);
    return make({
      verbose,
      theme: errorTheme,
      write: (line) => stderr.write(`${errorTheme.plain(line)}\n`),
    });
  };
  const leaveScreen = async () => {
    if (over) return;
    const left = reporter;
    reporter = lines();
    screen = false;
    await left?.end(feed.state);
  };
  const leave = async () => {
    await leaveScreen();
    process.kill(process.pid, "SIGINT");
  };
  const finish = async () => {
    if (over) return;
    over = true;
    await reporter?.end(feed.state);
    const wanted = mode !== "json" && !(mode === "troubles" && feed.state.summary?.exitCode === 0);
    if (wanted) {
      const text = { theme: look(stdout), width: stdout.columns ?? LOG_WIDTH };
      if (preview !== undefined) stdout.write(previewText(preview, text));
      stdout.write(summaryText(feed.state, { ...text, listed: preview === undefined }));
    }
    stderr.write("", () => stdout.write("", () => resolve()));
  };
  const follow = async () => {
    if (mode === "json") reporter = jsonReporter({ verbose, write: (line) => stdout.write(`${line}\n`) });
    else if (mode === "troubles") reporter = lines(troublesReporter);
    else if (mode === "lines" || !canShowScreen(stderr)) reporter = lines();
    else {
      const { openScreen } = await loadScreen();
      if (over) return;
      screen = true;
      reporter = openScreen({
        state: () => feed.state,
        verbose,
        theme: look(stderr),
        output: stderr,
        input: stdin,
        patchConsole: stdout.isTTY === true,
        onQuit,
        onGo: () => feed.pause?.goOn(),
        onLeave: () => void leave().catch(reject),
        onBroken: () => void leaveScreen().catch(reject),
      });
    }
    const plan = planSoFar(state);
    if (plan !== undefined) reporter.event(plan, state);
    for (let next = await first; !next.done && !over; next = await events.next()) {
      if (next.value.type === "preview") preview = next.value;
      state = reduce(state, next.value);
      reporter.event(next.value, state);
      if (!screen && asksToGoOn(next.value)) void askToGoOn(feed, options).catch(reject);
    }
    await finish();
  };
  follow().catch(async (error: unknown) => {
    if (!over) await reporter?.end(feed.state);
    over = true;
    reject(error);
  });

  return {
    done,
    async [Symbol.asyncDispose]() {
      // A run with a summary is over and its last events are on their way. One without was given up: what it already
      // told is still shown.
      const late = setTimeout(
        () => void finish().catch(reject),
        feed.state.summary === undefined ? 0 : LAST_EVENTS_MS,
      );
      await done.finally(() => clearTimeout(late));
    },
  };
}

/** The plan of a run that had one before it was shown. */
function planSoFar(state: FleetState): FleetEvent | undefined {
  if (state.hosts.size === 0) return undefined;
  const hosts = [...state.hosts.values()].map(({ name, group }) => ({ host: name, group }));
  return { type: "plan", atMs: state.startedAtMs, title: state.title, hosts };
}

function canShowScreen(stream: Output): boolean {
  const { CI, TERM, INK_SCREEN_READER } = process.env;
  const inCi = CI !== undefined && CI !== "" && CI !== "0" && CI !== "false";
  // A screen reader is better served by lines that stay than by a picture that changes.
  return stream.isTTY === true && !inCi && TERM !== "dumb" && INK_SCREEN_READER !== "true";
}

async function loadScreen(): Promise<typeof import("./screen.tsx")> {
  // React's development build is several times slower and keeps a timing record of every render. It chooses by
  // NODE_ENV when it is loaded, and only then: programs started by a deploy must not inherit our choice.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    return await import("./screen.tsx");
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}
