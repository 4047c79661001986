// Who gave to whom: most of it host by host where they are few, group by group where they are many.
import { formatBytes, formatShare, plural } from "../ui/format.ts";
import { html, jsonText, type Markup } from "./html.ts";
import { shortNames } from "./names.ts";
import type { Story } from "./story.ts";

/** Up to so many hosts each pair has a cell of its own that can be read. */
const FEW = 40;
/** Up to so many the cells say how much. */
const FEWER = 10;
const TOP_GIVERS = 10;
const HERE = "control host";

/** Bytes by who gave them and who got them. */
interface Table {
  readonly givers: readonly string[];
  readonly takers: readonly string[];
  bytes(giver: string, taker: string): number;
}

export function giftsSection({ hosts }: Story): Markup {
  const pairs = hosts.flatMap(({ name, gifts }) =>
    gifts.map(({ from, bytes }) => ({ from, to: name, bytes })),
  );
  const total = pairs.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total === 0)
    return html`<section><h2>Who gave to whom</h2><p>Nothing was fetched in this run, or no host got all of it.</p></section>`;
  const groupOf = new Map(hosts.map(({ name, group }) => [name, group]));
  const few = hosts.length <= FEW;
  const short = shortNames(hosts.map(({ name }) => name));
  const label = (name: string | undefined) =>
    name === undefined ? HERE : few ? (short.get(name) ?? name) : (groupOf.get(name) ?? name);
  const table = tableOf(
    pairs.map(({ from, to, bytes }) => ({ giver: label(from), taker: label(to), bytes })),
  );
  const fromHere = pairs.reduce((sum, { from, bytes }) => sum + (from === undefined ? bytes : 0), 0);
  return html`<section id="gifts" aria-labelledby="gifts-title">
<h2 id="gifts-title">Who gave to whom</h2>
<p>${formatBytes(total)} reached ${plural(hosts.filter(({ gifts }) => gifts.length > 0).length, "host")}; the control host gave ${formatShare(fromHere / total)} of it (${formatBytes(fromHere)}), hosts gave each other the rest.</p>
<div class="wide" tabindex="0" role="region" aria-label="Bytes by giver and receiver">${matrix(table)}</div>
${few ? undefined : picture(hosts)}
${givers(pairs, { total, short })}
</section>`;
}

function tableOf(
  gifts: readonly { readonly giver: string; readonly taker: string; readonly bytes: number }[],
): Table {
  const sums = new Map<string, Map<string, number>>();
  const takers = new Set<string>();
  for (const { giver, taker, bytes } of gifts) {
    const row = sums.get(giver) ?? new Map<string, number>();
    row.set(taker, (row.get(taker) ?? 0) + bytes);
    sums.set(giver, row);
    takers.add(taker);
  }
  // The same order both ways, the control host first: givers that only took have a column, too, to see the pattern by.
  const names = [...takers];
  return {
    givers: [...(sums.has(HERE) ? [HERE] : []), ...names],
    takers: names,
    bytes: (giver, taker) => sums.get(giver)?.get(taker) ?? 0,
  };
}

function matrix({ givers: columns, takers, bytes }: Table): Markup {
  const most = Math.max(1, ...takers.flatMap((taker) => columns.map((giver) => bytes(giver, taker))));
  const told = columns.length <= FEWER + 1;
  const cell = (giver: string, taker: string) => {
    const amount = bytes(giver, taker);
    if (amount === 0) return html`<td></td>`;
    const heat = Math.max(0.06, amount / most);
    return html`<td style="--heat:${heat}"${heat > 0.55 ? html` class="hot"` : undefined} title="${giver} → ${taker}: ${formatBytes(amount)}">${told && formatBytes(amount)}</td>`;
  };
  return html`<table class="matrix${told ? " told" : ""}"><thead><tr><th scope="col"><small>to ↓ from →</small></th>${columns.map(
    (giver) => html`<th scope="col"><span>${giver}</span></th>`,
  )}</tr></thead><tbody>
${takers.map(
  (taker) => html`<tr><th scope="row">${taker}</th>${columns.map((giver) => cell(giver, taker))}</tr>
`,
)}</tbody></table>`;
}

/** Too many for a table: a point for each pair, drawn by the page's script from numbers. */
function picture(hosts: Story["hosts"]): Markup {
  const index = new Map<string | undefined, number>([[undefined, 0]]);
  for (const [at, { name }] of hosts.entries()) index.set(name, at + 1);
  const numbers = hosts.flatMap(({ name, gifts }) =>
    gifts.flatMap(({ from, bytes }) => [index.get(from) ?? 0, index.get(name) ?? 0, bytes]),
  );
  const data = { names: [HERE, ...hosts.map(({ name }) => name)], numbers };
  return html`<figure class="pairs" hidden><figcaption>Every pair <small>givers from left to right, receivers from top to bottom, in the inventory's order</small></figcaption>
<canvas id="pairs" width="500" height="500" role="img" aria-label="Bytes from host to host"></canvas><p><output id="pair">Point at the picture to see a pair.</output></p></figure>
<script type="application/json" id="pair-data">${jsonText(data)}</script>`;
}

function givers(
  pairs: readonly { readonly from: string | undefined; readonly bytes: number }[],
  { total, short }: { readonly total: number; readonly short: ReadonlyMap<string, string> },
): Markup {
  const sums = new Map<string, number>();
  for (const { from, bytes } of pairs) {
    const name = from === undefined ? HERE : (short.get(from) ?? from);
    sums.set(name, (sums.get(name) ?? 0) + bytes);
  }
  const top = [...sums].sort(([, a], [, b]) => b - a).slice(0, TOP_GIVERS);
  const most = top[0]?.[1] ?? 1;
  const rows = top.map(
    ([name, bytes]) =>
      html`<tr><th scope="row">${name}</th><td class="bar"><i style="width:${(bytes / most) * 100}%"></i></td><td>${formatBytes(bytes)}</td><td>${formatShare(bytes / total)}</td></tr>
`,
  );
  return html`<table class="givers"><caption>${top.length === sums.size ? "Who gave" : `The ${top.length} who gave most of ${sums.size}`}</caption><tbody>
${rows}</tbody></table>`;
}
