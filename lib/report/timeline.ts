// What each host did when: a row a host, a bar a stage.
import type { HostOutcome } from "../history/types.ts";
import type { HostStatus } from "../swarm/events.ts";
import { formatBytes, formatDuration } from "../ui/format.ts";
import { type Axis, axisLabels } from "./axis.ts";
import { html, type Markup } from "./html.ts";
import { shortNames } from "./names.ts";
import type { HostStory, Story } from "./story.ts";

/** What a host is at from one status to the next, in the order it happens. */
export const STAGES = {
  connecting: "connecting",
  connected: "starting its peer",
  ready: "joining the swarm",
  fetching: "fetching",
  complete: "complete, unpacking",
  prepared: "waiting for the switch",
  active: "after the switch",
} as const satisfies Partial<Record<HostStatus, string>>;

export type Stage = keyof typeof STAGES;

export function isStage(status: HostStatus): status is Stage {
  return status in STAGES;
}

/** Stages of one host, with when each began and ended. */
export function stagesOf(
  { steps }: HostStory,
  endedAtMs: number,
): { readonly stage: Stage; readonly startMs: number; readonly endMs: number }[] {
  return steps.flatMap(({ status, atMs }, index) =>
    isStage(status) ? [{ stage: status, startMs: atMs, endMs: steps[index + 1]?.atMs ?? endedAtMs }] : [],
  );
}

/** Letters of a host's name that are shown. */
const MAX_NAME = 28;
/** Beyond so many the rows get a frame of their own to scroll in. */
const MANY = 40;

/** The rows, with the phases of the run above them. */
export function timeline(story: Story, outcomes: ReadonlyMap<string, HostOutcome>, axis: Axis): Markup {
  const { hosts } = story;
  const short = shortNames(hosts.map(({ name }) => name));
  const longest =
    Math.min(
      MAX_NAME,
      short.values().reduce((most, name) => Math.max(most, name.length), 4),
    ) + 1;
  const rows = hosts.map((host, index) =>
    row(host, outcomes.get(host.name), { axis, story, index, short: short.get(host.name) }),
  );
  return html`<section id="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">Timeline</h2>
<p class="legend">${Object.entries(STAGES).map(([stage, text]) => html`<span><i class="${stage}"></i>${text}</span> `)}</p>
<div class="controls" hidden>
<label>Show <input type="search" id="filter" placeholder="name or group" size="16"></label>
<label>Order <select id="order"><option value="index">as in the inventory</option><option value="trouble">troubled first</option><option value="seconds">slowest first</option></select></label>
<output id="shown"></output></div>
<div class="lines" style="--name:${longest}ch">
<div class="rows${hosts.length > MANY ? " many" : ""}" tabindex="0" role="region" aria-label="Hosts by time">
<div class="row head"><span class="name">host</span><div class="track">${phases(story, axis)}</div><span class="end">received, took</span></div>
${rows}
</div>
<div class="row foot"><span class="name"></span>${axisLabels(axis)}<span class="end"></span></div></div>
</section>`;
}

function phases({ phases: all }: Story, axis: Axis): Markup[] {
  return all.map(({ phase, startMs, endMs }) => {
    const [left, width] = [axis.at(startMs), axis.at(endMs) - axis.at(startMs)];
    const took = formatDuration((endMs - startMs) / 1000);
    return html`<span class="phase" style="left:${left}%;width:${width}%" title="${phase}: ${took}">${width > 6 && phase}</span>`;
  });
}

function row(
  host: HostStory,
  outcome: HostOutcome | undefined,
  {
    axis,
    story,
    index,
    short,
  }: {
    readonly axis: Axis;
    readonly story: Story;
    readonly index: number;
    readonly short: string | undefined;
  },
): Markup {
  const { name, group } = host;
  const { status = "skipped", seconds = 0, bytes = 0, error } = outcome ?? {};
  const bars = stagesOf(host, story.endedAtMs).map(({ stage, startMs, endMs }) => {
    const left = axis.at(startMs);
    const took = formatDuration((endMs - startMs) / 1000);
    return html`<i class="${stage}" style="left:${left}%;width:${axis.at(endMs) - left}%" title="${STAGES[stage]}: ${took}"></i>`;
  });
  const last = host.steps.at(-1);
  const mark =
    last === undefined || isStage(last.status)
      ? undefined
      : html`<b class="${status}" style="left:${axis.at(last.atMs)}%" title="${status}${error === undefined ? "" : `: ${error}`}"></b>`;
  const rank = { failed: 0, unreachable: 1, skipped: 2, ok: 3 }[status];
  return html`<div class="row" data-index="${index}" data-seconds="${seconds}" data-trouble="${rank}" data-text="${name} ${group}"><span class="name ${status}" title="${name} in ${group}">${short}</span><div class="track">${bars}${mark}</div><span class="end">${status === "ok" ? html`<span class="bytes">${formatBytes(bytes)}</span> ${formatDuration(seconds)}` : status}</span></div>
`;
}
