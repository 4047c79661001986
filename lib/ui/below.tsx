/** @jsxRuntime classic */
// The line below the hosts: how the swarm does, or, once hosts are switched in batches, which are and which wait.
import * as React from "react";
import type { FleetState } from "../swarm/state.ts";
import { batchTexts } from "./batch-text.ts";
import { Health } from "./foot.tsx";
import { Line } from "./line.tsx";
import type { Overview } from "./overview.ts";
import { firstFitting } from "./text.ts";
import type { Theme } from "./theme.ts";

interface Props {
  readonly state: FleetState;
  readonly numbers: Overview;
  readonly theme: Theme;
  readonly columns: number;
  readonly nowMs: number;
}

export function Below({ nowMs, ...rest }: Props) {
  const { state, theme, columns } = rest;
  const texts = batchTexts(state, nowMs);
  if (texts === undefined) return <Health {...rest} />;
  const waits = state.batches.some(({ step }) => step === "paused");
  const text = theme.paint(waits ? "yellow" : undefined, firstFitting(texts, columns - 9));
  return <Line theme={theme} text={` ${theme.paint("dim", "batch")}  ${text}`} />;
}
