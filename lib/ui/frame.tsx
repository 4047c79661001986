/** @jsxRuntime classic */
// One frame of the screen: pure, so that it can be looked at as text at any size.

import { Box, Text } from "ink";
import * as React from "react";
import type { FleetState } from "../swarm/state.ts";
import { Below } from "./below.tsx";
import { Cells } from "./cells.tsx";
import { Keys, Log, logLines } from "./foot.tsx";
import { Counts, OverallBar, Phases, Title } from "./head.tsx";
import { type Layout, layout } from "./layout.ts";
import { byGroup } from "./order.ts";
import { overview } from "./overview.ts";
import { Rows } from "./rows.tsx";
import { clean, firstFitting, widthOf } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface FrameProps {
  readonly state: FleetState;
  readonly theme: Theme;
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  /** Names of all hosts, those that need a look first; used when not all of them fit. */
  readonly urgent: readonly string[];
  /** Hosts scrolled past. */
  readonly offset: number;
  readonly stopping: boolean;
  /** Whether keys are read. */
  readonly keys: boolean;
}

/** How a frame of `state` is shared out at this size; what scrolling has to know as well. */
export function frameLayout({
  state,
  theme,
  columns,
  rows,
}: Pick<FrameProps, "state" | "theme" | "columns" | "rows">): Layout & { readonly labelWidth: number } {
  const groups = byGroup(state.hosts.values());
  const labelWidth = [...groups.keys()].reduce(
    (most, name) => Math.max(most, Math.min(14, widthOf(clean(name)))),
    0,
  );
  const groupSizes = [...groups.values()].map((hosts) => hosts.length);
  const wanted = logLines(state, { theme, columns, most: Math.max(1, Math.floor(rows / 3)) }).length;
  return {
    ...layout({ columns, rows, hosts: state.hosts.size, groupSizes, labelWidth, logLines: wanted }),
    labelWidth,
  };
}

export function Frame({ state, theme, columns, rows, nowMs, urgent, offset, stopping, keys }: FrameProps) {
  const { roomy, hostRows, overflow, overflowRows, logRows, labelWidth } = frameLayout({
    state,
    theme,
    columns,
    rows,
  });
  const numbers = overview(state);
  const all = hostRows >= state.hosts.size;
  const first = all ? 0 : Math.min(offset, state.hosts.size - hostRows);
  const names = all ? [...state.hosts.keys()] : urgent.slice(first, first + hostRows);
  const range = `${first + 1}–${first + names.length} of ${state.hosts.size}`;
  const place = all
    ? ""
    : firstFitting([`failed and slowest first, ${range}`, range], Math.floor(columns * 0.6));
  const head = { state, numbers, theme, columns, nowMs };
  const gap = roomy === "very" ? <Text> </Text> : null;
  return (
    <Box flexDirection="column" maxHeight={Math.max(1, rows - 1)} overflow="hidden">
      {roomy !== "no" && <Title {...head} />}
      <OverallBar {...head} />
      {roomy !== "no" && <Phases {...head} />}
      <Counts {...head} />
      {gap}
      <Cells
        state={state}
        view={overflow}
        rows={overflowRows}
        labelWidth={labelWidth}
        theme={theme}
        columns={columns}
      />
      {overflowRows > 0 && gap}
      <Rows state={state} names={names} theme={theme} columns={columns} />
      {gap}
      {roomy !== "no" && <Below {...head} />}
      <Log lines={logLines(state, { theme, columns, most: logRows })} theme={theme} />
      {roomy !== "no" && (
        <Keys
          theme={theme}
          columns={columns}
          stopping={stopping}
          keys={keys}
          place={place}
          paused={state.batches.some(({ step }) => step === "paused")}
        />
      )}
    </Box>
  );
}
