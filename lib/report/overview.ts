// The whole fleet over time: how many hosts were at what, and how fast bytes went.
import type { HostStatus } from "../swarm/events.ts";
import { type Axis, axisLabels, chart, rateText } from "./axis.ts";
import { html, type Markup } from "./html.ts";
import type { FlowPoint, Story } from "./story.ts";
import { isStage, STAGES, type Stage } from "./timeline.ts";

const BUCKETS = 240;
/** From the bottom up: who is through first. */
const LAYERS = [
  "ok",
  "active",
  "prepared",
  "complete",
  "fetching",
  "ready",
  "connected",
  "connecting",
  "out",
] as const;
type Layer = (typeof LAYERS)[number];

/** Areas that add up to the number of hosts. */
export function hostsOverTime(story: Story, axis: Axis): Markup {
  const total = Math.max(1, story.hosts.length);
  const counts = countLayers(story);
  let below = new Array<number>(BUCKETS + 1).fill(0);
  const areas = LAYERS.map((layer) => {
    const above = below.map((height, at) => height + (counts.get(layer)?.[at] ?? 0));
    const path = area(below, above, total);
    below = above;
    return above.some((height, at) => height > 0 && (counts.get(layer)?.[at] ?? 0) > 0)
      ? html`<path class="${layer}" d="${path}"><title>${layerText(layer)}</title></path>`
      : undefined;
  });
  const names = LAYERS.filter((layer) => (counts.get(layer) ?? []).some((count) => count > 0));
  const body = html`${areas.filter((each) => each !== undefined)}`;
  return html`<figure><figcaption>Hosts by what they were at <small>of ${story.hosts.length}</small></figcaption>
${chart(axis, { height: 40, label: "Hosts by stage over time", body })}${axisLabels(axis)}
<p class="legend">${names.map((layer) => html`<span><i class="${layer}"></i>${layerText(layer)}</span> `)}</p></figure>`;
}

function layerText(layer: Layer): string {
  if (layer === "ok") return "done";
  return layer === "out" ? "failed, unreachable or skipped" : STAGES[layer];
}

function countLayers({ hosts, startedAtMs, endedAtMs }: Story): Map<Layer, number[]> {
  const counts = new Map<Layer, number[]>();
  const bucketMs = Math.max(1, endedAtMs - startedAtMs) / BUCKETS;
  for (const { steps } of hosts) {
    let next = 0;
    let layer: Layer | undefined;
    for (let bucket = 0; bucket <= BUCKETS; bucket++) {
      const atMs = startedAtMs + bucket * bucketMs;
      for (let step = steps[next]; step !== undefined && step.atMs <= atMs; step = steps[++next])
        layer = layerOf(step.status);
      if (layer === undefined) continue;
      const row = counts.get(layer) ?? new Array<number>(BUCKETS + 1).fill(0);
      row[bucket] = (row[bucket] ?? 0) + 1;
      counts.set(layer, row);
    }
  }
  return counts;
}

function layerOf(status: HostStatus): Layer | undefined {
  if (isStage(status)) return status satisfies Stage;
  if (status === "ok") return "ok";
  return status === "waiting" ? undefined : "out";
}

function area(below: readonly number[], above: readonly number[], total: number): string {
  const point = (height: number, at: number) =>
    `${round((at / BUCKETS) * 100)} ${round(40 - (height / total) * 40)}`;
  const top = above.map(point);
  const bottom = below.map(point).reverse();
  return `M${top.join("L")}L${bottom.join("L")}Z`;
}

/** Bytes a second that all hosts received, and that this machine sent. */
export function flowOverTime({ flow, startedAtMs }: Story, axis: Axis): Markup {
  const received = rates(flow, ({ receivedBytes }) => receivedBytes, { axis, startedAtMs });
  const sent = rates(flow, ({ sentBytes }) => sentBytes, { axis, startedAtMs });
  const most = Math.max(1, ...received, ...sent);
  const line = (rate: readonly number[]) =>
    rate.map((each, at) => `${round((at / BUCKETS) * 100)} ${round(40 - (each / most) * 39)}`).join("L");
  const body = html`<path class="received" d="M0 40L${line(received)}L100 40Z"/><path class="sent" d="M${line(sent)}"/>`;
  return html`<figure><figcaption>Throughput <small>at most ${rateText(Math.max(...received))}</small></figcaption>
${chart(axis, { height: 40, label: "Throughput over time", body })}${axisLabels(axis)}
<p class="legend"><span><i class="received"></i>received by all hosts</span> <span><i class="sent"></i>sent by the control host</span></p></figure>`;
}

/** The mean rate of each bucket of time; sums between two reports grow evenly. */
function rates(
  flow: readonly FlowPoint[],
  sum: (point: FlowPoint) => number,
  { axis, startedAtMs }: { readonly axis: Axis; readonly startedAtMs: number },
): number[] {
  const rate = new Array<number>(BUCKETS + 1).fill(0);
  const bucketMs = axis.totalMs / BUCKETS;
  for (let index = 1; index < flow.length; index++) {
    const [from, to] = [flow[index - 1] as FlowPoint, flow[index] as FlowPoint];
    const bytes = sum(to) - sum(from);
    if (bytes <= 0) continue;
    const perMs = bytes / Math.max(1, to.atMs - from.atMs);
    const last = Math.min(BUCKETS, Math.floor((to.atMs - startedAtMs) / bucketMs));
    for (let at = Math.floor((from.atMs - startedAtMs) / bucketMs); at <= last; at++) {
      const begins = startedAtMs + at * bucketMs;
      const shared = Math.min(to.atMs, begins + bucketMs) - Math.max(from.atMs, begins);
      if (shared > 0) rate[at] = (rate[at] ?? 0) + ((perMs * shared) / bucketMs) * 1000;
    }
  }
  return rate;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
