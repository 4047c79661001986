// What went wrong, each reason once, with the hosts it befell.
import type { HostOutcome } from "../history/types.ts";
import { formatDuration, plural } from "../ui/format.ts";
import { html, type Markup } from "./html.ts";
import type { BatchStory, Story } from "./story.ts";

/** Names that are shown without asking for them. */
const NAMED = 8;

/** Nothing where all was well. */
export function troubles(outcomes: readonly HostOutcome[], { warnings }: Story): Markup | undefined {
  const lost = outcomes.filter(({ status }) => status !== "ok");
  if (lost.length === 0 && warnings.length === 0) return undefined;
  // Messages often begin with their host: without it, the same reason is the same text.
  const reasons = Map.groupBy(lost, ({ name, status, error = "", hint = "" }) =>
    JSON.stringify([status, error.startsWith(`${name}: `) ? error.slice(name.length + 2) : error, hint]),
  );
  const rows = [...reasons].map(([key, hosts]) => {
    const [status, error, hint] = JSON.parse(key) as [string, string, string];
    return html`<li><b class="tag ${status}">${status}</b> <span class="names">${names(hosts.map(({ name }) => name))}</span>
<p>${error || "stopped before it was through"}</p>${hint !== "" && html`<p class="hint">→ ${hint}</p>`}</li>
`;
  });
  return html`<section id="troubles" aria-labelledby="troubles-title"><h2 id="troubles-title">${rows.length > 0 ? "What went wrong" : "Warnings"}</h2>
${rows.length > 0 && html`<ul class="troubles">${rows}</ul>`}
${warnings.length > 0 && html`<ul class="warnings">${warnings.map((text) => html`<li>${text}</li>`)}</ul>`}</section>`;
}

/** How the hosts were switched, batch by batch; nothing where it was all at once. */
export function batches({ batches: all, startedAtMs }: Story): Markup | undefined {
  if (all.length < 2) return undefined;
  const clock = (ms: number) => formatDuration((ms - startedAtMs) / 1000);
  const row = ({ index, hosts, state, startMs, endMs, reason }: BatchStory) =>
    html`<tr><th scope="row">${index}</th><td><b class="tag ${state}">${state}</b></td><td>${clock(startMs)}</td><td>${formatDuration((endMs - startMs) / 1000)}</td><td class="names">${names(hosts)}${reason !== undefined && html`<p>${reason}</p>`}</td></tr>
`;
  return html`<section id="batches" aria-labelledby="batches-title"><h2 id="batches-title">Batches</h2><div class="wide"><table class="batches">
<thead><tr><th scope="col">batch</th><th scope="col">state</th><th scope="col">after</th><th scope="col">took</th><th scope="col">hosts</th></tr></thead><tbody>
${all.map(row)}</tbody></table></div></section>`;
}

function names(all: readonly string[]): Markup {
  if (all.length <= NAMED) return html`${all.join(", ")}`;
  return html`<details><summary>${plural(all.length, "host")}: ${all.slice(0, 3).join(", ")} …</summary>${all.join(", ")}</details>`;
}
