// How a report looks: light and dark as the reader's system has it, black on white on paper.

const STAGE_COLOURS = `
.connecting { --c: var(--amber) } .connected { --c: var(--slate) } .ready { --c: var(--violet) }
.fetching { --c: var(--blue) } .complete { --c: var(--teal) } .prepared { --c: var(--lime) } .active { --c: var(--green) }
.ok { --c: var(--done) } .failed, .out { --c: var(--red) } .unreachable { --c: var(--orange) } .skipped { --c: var(--slate) }
.received { --c: var(--blue) } .sent { --c: var(--amber) }
.done { --c: var(--green) } .rolled-back, .rolling-back { --c: var(--orange) } .waiting, .paused, .running { --c: var(--slate) }`;

/** CSS, as it stands in the page. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfb; --ink: #1c1e21; --soft: #5d636b; --line: #dcdee1; --track: #eeeff0; --card: #fff;
  --amber: #d9a224; --slate: #a3abb5; --violet: #9a83d4; --blue: #2f74d0; --teal: #16969b; --lime: #a7c957;
  --green: #3c9d57; --done: #bfe0c8; --red: #cf3a3a; --orange: #d9731a; --good: #226b38; --bad: #a82424;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #e6e8ea; --soft: #9aa2ab; --line: #33383e; --track: #22262a; --card: #1c1f23;
    --amber: #c7972b; --slate: #69727d; --violet: #8a75c4; --blue: #4b8be0; --teal: #2ba3a7; --lime: #8fae4a;
    --green: #46a562; --done: #2a5336; --red: #e05252; --orange: #e0852f; --good: #6fcf8b; --bad: #ff8a80;
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem clamp(.8rem, 3vw, 2.5rem) 3rem; max-width: 90rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .6rem; font-weight: 650; overflow-wrap: anywhere }
h1 span { color: var(--soft); font-weight: 400 }
h2 { font-size: 1.15rem; margin: 0 0 .6rem }
section { margin: 2.2rem 0 0 }
p { margin: 0 0 .5rem; overflow-wrap: anywhere }
.what { color: var(--soft); margin: 0 } .took, footer, small, figcaption small { color: var(--soft) }
.outcome { font-size: 1.1rem; white-space: pre-line; border-left: 4px solid var(--c); padding-left: .7rem }
.outcome.ok { --c: var(--green) }
footer { margin-top: 2.5rem; font-size: .85rem; overflow-wrap: anywhere }
${STAGE_COLOURS}
.tag { display: inline-block; font-size: .85rem; font-weight: 600; padding: .05rem .55rem; border-radius: 1rem;
  border: 1.5px solid var(--c); background: color-mix(in srgb, var(--c) 16%, transparent) }
.tag.ok { --c: var(--green) }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: .5rem 1.5rem; margin: 1.2rem 0 0;
  padding: .9rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem }
dt { color: var(--soft); font-size: .8rem } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
.troubles, .warnings { list-style: none; margin: 0 0 .8rem; padding: 0 }
.troubles li { padding: .6rem .9rem; margin-bottom: .5rem; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--red); border-radius: .3rem }
.troubles p { margin: .3rem 0 0; white-space: pre-line } .hint { color: var(--soft) }
.warnings li { padding: .15rem 0 .15rem .9rem; border-left: 4px solid var(--amber); margin-bottom: .3rem; overflow-wrap: anywhere }
.names { overflow-wrap: anywhere } .names details { display: inline-block; vertical-align: top; max-width: 100% } summary { cursor: pointer }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1.2rem 2rem }
figure { margin: 0; min-width: 0 } figcaption { font-weight: 600; margin-bottom: .3rem }
.chart { display: block; width: 100%; height: 11rem; background: var(--track); border-radius: .25rem }
.chart path { fill: var(--c) } .chart .sent { fill: none; stroke: var(--c); stroke-width: 2; vector-effect: non-scaling-stroke }
.chart .received { fill: color-mix(in srgb, var(--c) 65%, transparent) }
.grid line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke }
.axis { position: relative; height: 1.3rem; font-size: .78rem; color: var(--soft); font-variant-numeric: tabular-nums; overflow: hidden }
.axis span { position: absolute; white-space: nowrap } .axis span:not(:first-child) { transform: translateX(-50%) }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .85rem; color: var(--soft); margin: .2rem 0 .6rem }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; background: var(--c); margin-right: .35rem; vertical-align: -.08rem }
.controls { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center; margin-bottom: .5rem } .controls[hidden] { display: none }
.controls label { color: var(--soft) } input, select { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: .3rem; padding: .15rem .4rem; max-width: 100% }
.rows { position: relative } .rows.many { max-height: 36rem; overflow-y: auto; border: 1px solid var(--line); border-radius: .3rem }
.row { display: grid; grid-template-columns: minmax(4rem, var(--name)) minmax(0, 1fr) 8.5rem; gap: .7rem; align-items: center; height: 1.45rem; padding: 0 .3rem }
.row[hidden] { display: none } .row.head { height: 1.7rem; color: var(--soft); font-size: .8rem; background: var(--paper) }
.many .row.head { position: sticky; top: 0; z-index: 1 } .many .row { height: 1.15rem; font-size: .85rem }
.many .row.head { height: 1.7rem } .row.foot { height: auto }
.row:not(.head, .foot):hover { background: var(--track) }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .name.failed, .name.unreachable { color: var(--bad); font-weight: 600 }
.track { position: relative; height: 62%; background: var(--track); border-radius: .15rem } .head .track { height: 1.1rem; background: none }
.track i { position: absolute; top: 0; bottom: 0; min-width: 1px; background: var(--c) }
.track b { position: absolute; top: -8%; bottom: -8%; width: 4px; margin-left: -2px; border-radius: 2px; background: var(--c) } .track b.ok { background: var(--good) }
.phase { position: absolute; top: 0; bottom: 0; overflow: hidden; white-space: nowrap; font-size: .75rem; border-left: 2px solid var(--soft); padding-left: .25rem }
.end { text-align: right; font-size: .85rem; font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden } .bytes { color: var(--soft) }
.wide { overflow-x: auto; max-width: 100%; padding-bottom: .3rem }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums } th { font-weight: 500; text-align: left; white-space: nowrap } th, td { padding: .15rem .45rem }
.matrix td { background: color-mix(in srgb, var(--blue) calc(var(--heat, 0) * 100%), var(--track)); border: 1px solid var(--paper); min-width: 1.15rem; height: 1.35rem; text-align: right; white-space: nowrap }
.matrix td.hot { color: #fff } .matrix thead th { vertical-align: bottom; padding: .2rem .1rem } .matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 11rem; overflow: hidden; text-overflow: ellipsis }
.matrix.told thead span { writing-mode: initial; transform: none; display: block; text-align: right; padding-right: .35rem } .matrix tbody th { position: sticky; left: 0; background: var(--paper); max-width: 11rem; overflow: hidden; text-overflow: ellipsis }
.matrix thead th:first-child { padding-right: .45rem }
.pairs { margin: 1rem 0 } .pairs[hidden] { display: none } canvas { width: min(100%, 40rem); image-rendering: pixelated; color: var(--blue); background: var(--track); display: block; touch-action: none }
.givers { margin-top: 1rem; width: min(100%, 40rem) } .givers .bar { width: 60% } .givers i { display: block; height: .8rem; background: var(--blue); border-radius: .15rem; min-width: 1px } .givers td { white-space: nowrap } caption { text-align: left; font-weight: 600; padding-bottom: .2rem }
.givers th { max-width: 10rem; overflow: hidden; text-overflow: ellipsis } .batches td, .batches th { vertical-align: top; border-top: 1px solid var(--line); white-space: nowrap } .batches .names { white-space: normal; min-width: 12rem }
@media (max-width: 640px) {
  .row { grid-template-columns: min(var(--name), 6.5rem) minmax(0, 1fr) 4.6rem; gap: .4rem } .row .bytes { display: none }
  .row.head .end { visibility: hidden } h1 { font-size: 1.5rem } .chart { height: 8rem }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --track: #eee; --card: #fff; color-scheme: light }
  body { max-width: none; padding: 0; font-size: 11px } .controls, #pair { display: none } .rows.many { max-height: none; overflow: visible; border: 0 }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact } .row, .troubles li, figure, tr { break-inside: avoid }
}
`;
