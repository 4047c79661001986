/** @jsxRuntime classic */
// The Ink screen as a reporter: draws at most ten frames a second, and only when there is something to draw.
//
// JSX is classic, here and in every .tsx: which automatic runtime Bun takes is said by the tsconfig of the working
// directory, and the development one it falls back to elsewhere is missing from React's production build.

import { render } from "ink";
import * as React from "react";
import type { FleetState } from "../swarm/state.ts";
import { App } from "./app.tsx";
import type { Output, Reporter } from "./feed.ts";
import { eventLines } from "./lines.ts";
import type { Theme } from "./theme.ts";

const FRAME_MS = 100;
/** Nobody reads a thousand numbers ten times a second; keys are answered at once all the same. */
const BIG_FLEET = 200;
const BIG_FRAME_MS = 200;
/** Without events the screen is still drawn this often, for its clocks. */
const IDLE_MS = 1000;
/** How long a terminal that takes no more text may hold up the end. */
const FLUSH_MS = 1000;
/** Lines of output and warnings kept to be written once the screen is gone. */
const KEPT_LINES = 5000;

export interface ScreenOptions {
  readonly state: () => FleetState;
  readonly verbose: boolean;
  readonly theme: Theme;
  /** A terminal. */
  readonly output: Output;
  readonly input: NodeJS.ReadStream;
  /** Whether console.log may be shown above the screen: only where it would end up on this terminal anyway. */
  readonly patchConsole: boolean;
  readonly onQuit: () => void;
  readonly onGo: () => void;
  readonly onLeave: () => void;
  /** The screen failed, which is a bug; Ink has shown it with its stack and given the terminal back. */
  readonly onBroken: () => void;
}

/** Opens the screen. Its `end` gives the terminal back and writes the commands' output and the warnings again. */
export function openScreen(options: ScreenOptions): Reporter {
  const { state, verbose, theme, output, input, onQuit, onGo, onLeave } = options;
  const kept: string[] = [];
  let drawnAtMs = 0;
  let dirty = false;
  const node = (nowMs: number) => (
    <App
      state={state()}
      theme={theme}
      nowMs={nowMs}
      keys={input.isTTY === true}
      onQuit={onQuit}
      onGo={onGo}
      onLeave={onLeave}
    />
  );
  // A narrower terminal wraps the lines of the old frame, so that Ink, which counts them, would leave some of them
  // behind. Ours comes first among the listeners and begins from an empty screen.
  let columns = output.columns ?? 80;
  const resized = () => {
    const narrower = (output.columns ?? 80) < columns;
    columns = output.columns ?? 80;
    if (narrower) output.write("\u001b[H\u001b[J");
  };
  output.on("resize", resized);
  const ink = render(node(Date.now()), {
    stdout: output,
    stdin: input,
    stderr: output,
    exitOnCtrlC: false,
    patchConsole: options.patchConsole,
    maxFps: 1000 / FRAME_MS,
    incrementalRendering: true,
    interactive: true,
    isScreenReaderEnabled: false,
  });
  const timer = setInterval(() => {
    const nowMs = Date.now();
    const everyMs = dirty ? (state().hosts.size > BIG_FLEET ? BIG_FRAME_MS : FRAME_MS) : IDLE_MS;
    if (nowMs - drawnAtMs < everyMs) return;
    dirty = false;
    drawnAtMs = nowMs;
    ink.rerender(node(nowMs));
  }, FRAME_MS / 2);
  ink.waitUntilExit().catch(options.onBroken);

  return {
    event(event, after) {
      dirty = true;
      const worthKeeping =
        verbose || event.type === "output" || (event.type === "note" && event.level === "warning");
      if (!worthKeeping || event.type === "failed") return;
      kept.push(...eventLines(event, after, { verbose, theme }));
      if (kept.length > KEPT_LINES) kept.splice(0, kept.length - KEPT_LINES);
    },
    async end() {
      clearInterval(timer);
      output.off("resize", resized);
      // A frame that waits for its turn would be drawn again below the cleared one.
      await within(FLUSH_MS, ink.waitUntilRenderFlush());
      ink.clear();
      ink.unmount();
      ink.cleanup();
      if (kept.length > 0) output.write(`${kept.join("\n")}\n`);
    },
  };
}

async function within(deadlineMs: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
