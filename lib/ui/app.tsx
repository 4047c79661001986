/** @jsxRuntime classic */
// The screen as a program: keys, scrolling, the terminal's size.

import { useInput, useWindowSize } from "ink";
import * as React from "react";
import { useRef, useState } from "react";
import type { FleetState } from "../swarm/state.ts";
import { Frame, frameLayout } from "./frame.tsx";
import { byUrgency } from "./order.ts";
import type { Theme } from "./theme.ts";

export interface AppProps {
  readonly state: FleetState;
  readonly theme: Theme;
  readonly nowMs: number;
  /** Whether the input is a terminal whose keys can be read. */
  readonly keys: boolean;
  /** q or the first Ctrl+C: stop cleanly. */
  readonly onQuit: () => void;
  /** Enter: a run that waits between batches goes on. */
  readonly onGo: () => void;
  /** Ctrl+C while stopping: leave now. */
  readonly onLeave: () => void;
}

/** Rows that change places more often can't be read. */
const SORT_EVERY_MS = 2000;

export function App({ state, theme, nowMs, keys, onQuit, onGo, onLeave }: AppProps) {
  const { columns, rows } = useWindowSize();
  const [offset, setOffset] = useState(0);
  const [stopping, setStopping] = useState(false);
  const order = useRef({ atMs: Number.NEGATIVE_INFINITY, names: [] as readonly string[] });
  const { hostRows } = frameLayout({ state, theme, columns, rows });
  const last = Math.max(0, state.hosts.size - hostRows);

  // Nothing moves under the eyes of someone who scrolled away from the top.
  const stale = offset === 0 && nowMs - order.current.atMs >= SORT_EVERY_MS;
  if (stale || order.current.names.length !== state.hosts.size) {
    order.current = { atMs: nowMs, names: byUrgency(state.hosts.values()) };
  }

  useInput(
    (input, key) => {
      // Keys that come quickly arrive as one text.
      const interrupts = key.ctrl && input === "c" ? 1 : input.split("\u0003").length - 1;
      const quits = !key.ctrl && !key.meta && input.includes("q");
      if (interrupts > (stopping ? 0 : 1)) return onLeave();
      if (interrupts === 1 || (quits && !stopping)) {
        setStopping(true);
        return onQuit();
      }
      if (key.return) return onGo();
      const page = Math.max(1, hostRows - 1);
      const steps = { up: -1, down: 1, pageUp: -page, pageDown: page };
      const step =
        (key.upArrow ? steps.up : 0) +
        (key.downArrow ? steps.down : 0) +
        (key.pageUp ? steps.pageUp : 0) +
        (key.pageDown ? steps.pageDown : 0);
      if (key.home) setOffset(0);
      else if (key.end) setOffset(last);
      else if (step !== 0) setOffset((from) => Math.min(last, Math.max(0, from + step)));
    },
    { isActive: keys },
  );

  return (
    <Frame
      state={state}
      theme={theme}
      columns={columns}
      rows={rows}
      nowMs={nowMs}
      urgent={order.current.names}
      offset={Math.min(offset, last)}
      stopping={stopping}
      keys={keys}
    />
  );
}
