// Chooses how a fleet is shown: a screen on a terminal, lines in a log, JSON for programs.
import type { FleetEvent } from "../swarm/events.ts";
import type { FleetFeed, Output, Reporter } from "./feed.ts";
import { jsonReporter } from "./json.ts";
import { linesReporter } from "./lines.ts";
import { summaryText } from "./summary.ts";
import { lookFor, theme } from "./theme.ts";

export interface ShowOptions {
  /** `auto`: a screen when stderr is a terminal that can show one, else lines. */
  readonly mode: "auto" | "lines" | "json";
  readonly verbose: boolean;
  /** q or Ctrl+C on the screen, called once; without a screen Ctrl+C is the signal it always is. */
  readonly onQuit: () => void;
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
  // Subscribed before anything is awaited, for nothing is told twice.
  const events = feed.events()[Symbol.asyncIterator]();
  const first = events.next();
  let reporter: Reporter | undefined;
  let over = false;

  const lines = (): Reporter =>
    linesReporter({
      verbose,
      theme: theme(lookFor(stderr, process.env)),
      write: (line) => stderr.write(`${line}\n`),
    });
  const leave = () => {
    reporter?.end(feed.state);
    reporter = lines();
    process.kill(process.pid, "SIGINT");
  };
  const finish = () => {
    if (over) return;
    over = true;
    reporter?.end(feed.state);
    if (mode !== "json") {
      const look = theme(lookFor(stdout, process.env));
      stdout.write(summaryText(feed.state, { theme: look, width: stdout.columns ?? LOG_WIDTH }));
    }
    stderr.write("", () => stdout.write("", () => resolve()));
  };
  const follow = async () => {
    if (mode === "json") reporter = jsonReporter({ verbose, write: (line) => stdout.write(`${line}\n`) });
    else if (mode === "lines" || !canShowScreen(stderr)) reporter = lines();
    else {
      const { openScreen } = await loadScreen();
      if (over) return;
      reporter = openScreen({
        state: () => feed.state,
        verbose,
        theme: theme(lookFor(stderr, process.env)),
        output: stderr,
        input: stdin,
        patchConsole: stdout.isTTY === true,
        onQuit,
        onLeave: leave,
      });
    }
    const plan = planSoFar(feed);
    if (plan !== undefined) reporter.event(plan, feed.state);
    for (let next = await first; !next.done && !over; next = await events.next()) {
      reporter.event(next.value, feed.state);
    }
    finish();
  };
  follow().catch((error: unknown) => {
    if (!over) reporter?.end(feed.state);
    over = true;
    reject(error);
  });

  return {
    done,
    async [Symbol.asyncDispose]() {
      finish();
      await done;
    },
  };
}

/** The plan of a run that had one before it was shown. */
function planSoFar({ state }: FleetFeed): FleetEvent | undefined {
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
