// A run as one HTML file that needs nothing else: no network, no other files.
import { createHash } from "node:crypto";
import type { RunRecord } from "../history/types.ts";
import { formatBytes, formatDuration, plural } from "../ui/format.ts";
import { axisOf } from "./axis.ts";
import { BEHAVIOUR } from "./behaviour.ts";
import { giftsSection } from "./gifts.ts";
import { html, type Markup, raw } from "./html.ts";
import { flowOverTime, hostsOverTime } from "./overview.ts";
import type { Story } from "./story.ts";
import { STYLE } from "./style.ts";
import { timeline } from "./timeline.ts";
import { batches, troubles } from "./troubles.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");

/** The page may run its own script and nothing else, and load nothing at all. */
const POLICY = `default-src 'none'; script-src 'sha256-${sha256(BEHAVIOUR)}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;

const WORDS = { deploy: "Deploy", rollback: "Rollback", distribute: "Distribution" } as const;

/**
 * A run as one HTML page: what is now true, what went wrong, what each host did when, how fast bytes went, and who
 * gave them to whom. `run` is what the history has of it, `story` what was heard while it went on.
 */
export function reportPage(run: RunRecord, story: Story): string {
  const axis = axisOf(story);
  const outcomes = new Map(run.hosts.map((host) => [host.name, host]));
  const title = `${WORDS[run.kind]} of ${run.app}${run.release === undefined ? "" : `, ${run.release}`}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Rookery">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<p class="what">${WORDS[run.kind]} · ${run.environment}</p>
<h1>${run.app}${run.release === undefined ? undefined : html` <span>${run.release}</span>`}</h1>
${verdict(run)}
</header>
<main>
${facts(run, story)}
${troubles(run.hosts, story)}
${batches(story)}
<section aria-labelledby="overview-title"><h2 id="overview-title">The whole fleet</h2><div class="figures">${hostsOverTime(story, axis)}${flowOverTime(story, axis)}</div></section>
${timeline(story, outcomes, axis)}
${giftsSection(story)}
</main>
<footer>run ${run.id} · times are UTC</footer>
<script>${raw(BEHAVIOUR)}</script>
</body>
</html>
`;
  return page.markup;
}

function verdict({ outcome, exitCode, hosts, seconds: { total = 0 } }: RunRecord): Markup {
  const count = (status: string) => hosts.filter((host) => host.status === status).length;
  const counts = (["ok", "failed", "unreachable", "skipped"] as const).map((status) => ({
    status,
    hosts: count(status),
  }));
  const tags = counts
    .filter(({ hosts: number }) => number > 0)
    .map(({ status, hosts: number }) => html`<b class="tag ${status}">${number} ${status}</b> `);
  return html`<p class="outcome ${exitCode === 0 ? "ok" : "failed"}">${outcome}</p>
<p>${tags}<span class="took">in ${formatDuration(total)}</span></p>`;
}

function facts(run: RunRecord, { payload, hosts }: Story): Markup {
  const received = run.hosts.reduce((sum, { bytes }) => sum + bytes, 0);
  const size =
    payload === undefined
      ? undefined
      : `${formatBytes(payload.totalBytes)} in ${plural(payload.pieces, "piece")} of ${formatBytes(payload.pieceLength)}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["by", run.owner],
    ["began", clock(run.startedAt)],
    ["ended", run.endedAt === undefined ? undefined : clock(run.endedAt)],
    ["hosts", `${hosts.length}, by the pattern ${run.pattern}`],
    ["source", run.source],
    ["revision", run.revision],
    ["payload", size],
    ["received", received > 0 ? `${formatBytes(received)} in all` : undefined],
    ["infohash", run.infohash],
    ["tree", run.tree],
    ["exit code", run.exitCode === undefined ? undefined : `${run.exitCode}`],
  ];
  const known = rows.filter(([, value]) => value !== undefined && value !== "");
  return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function clock(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}
