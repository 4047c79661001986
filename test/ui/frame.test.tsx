/** @jsxRuntime classic */
// Frames as text: what a screen of a given size shows, and that it is never larger than that.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { renderToString } from "ink";
import * as React from "react";
import type { FleetState } from "../../lib/swarm/state.ts";
import { Frame } from "../../lib/ui/frame.tsx";
import { byUrgency } from "../../lib/ui/order.ts";
import { widthOf } from "../../lib/ui/text.ts";
import { theme } from "../../lib/ui/theme.ts";
import { stateAt } from "./feeds.ts";
import { scriptedRun } from "./scripted.ts";

interface Look {
  readonly columns: number;
  readonly rows: number;
  readonly offset?: number;
  readonly unicode?: boolean;
  readonly color?: boolean;
  readonly stopping?: boolean;
}

function frame(state: FleetState, look: Look): string[] {
  const { columns, rows, offset = 0, unicode = true, color = false, stopping = false } = look;
  const text = renderToString(
    <Frame
      state={state}
      theme={theme({ color, unicode })}
      columns={columns}
      rows={rows}
      nowMs={state.atMs}
      urgent={byUrgency(state.hosts.values())}
      offset={offset}
      stopping={stopping}
      keys
    />,
    { columns },
  );
  return text.split("\n");
}

const runs = new Map(
  [0, 1, 8, 100, 1000].map((hosts) => [hosts, scriptedRun({ hosts, reportEveryMs: 5000 })]),
);
const at = (hosts: number, seconds: number) => stateAt(runs.get(hosts) ?? [], seconds);
const SIZES = [
  [60, 20],
  [100, 30],
  [200, 50],
] as const;

describe.each([8, 100, 1000])("%p hosts", (hosts) => {
  test.each(SIZES)("at %px%p show what matters", (columns, rows) => {
    const lines = frame(at(hosts, 14), { columns, rows });
    const text = lines.join("\n");
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(lines[0]).toMatch(/^ deploy 20261123-100000 to prod · 412 MiB +0:13 ?$/);
    expect(lines[1]).toMatch(/^ ━+─+ {2}\d\d %.*[MG]iB\/s +ETA \d/);
    expect(text).toContain("▸ distribute");
    const lost = hosts / 100;
    expect(text).toContain(
      hosts === 8
        ? "▄ 6 fetching   ✗ 1 failed   ! 1 unreachable"
        : `✗ ${lost} failed   ! ${lost} unreachable`,
    );
    expect(text).toMatch(/copies in reach · seeder/);
    expect(text).toMatch(/web0*4\S* +✗ failed +no space left/);
    expect(text.replace(/\n +/g, " ")).toMatch(
      /✗ \w+\.example\.net: no space left on \/srv\/app \(needs 412 MiB, 12.3 MiB free on \/dev\/sda2\)/,
    );
    expect(text).toContain("q stops");
    if (hosts > 8) expect(text).toMatch(new RegExp(`1–\\d+ of ${hosts}$`));
  });
});

test("eight hosts: a row each, in the inventory's order", () => {
  const rows = frame(at(8, 14), { columns: 100, rows: 30 }).slice(5, 13);
  expect(rows.map((row) => row.trim().split(/[ .]/)[0])).toEqual([
    "web1",
    "web2",
    "web3",
    "web4",
    "api1",
    "api2",
    "api3",
    "db1",
  ]);
  expect(rows[0]).toMatch(/^ web1.example.net ▄ fetching {4}━+─+ {2}\d\d % +[\d.]+ MiB\/s {2}4 peers$/);
  expect(rows[6]).toBe(" api3.example.net ! unreachable connection to 192.0.2.17:22 refused");
});

test("a hundred hosts: a cell each by group, and the failed and the slowest as rows", () => {
  const lines = frame(at(100, 14), { columns: 100, rows: 30 });
  expect(lines.slice(5, 9).map((line) => line.trim().split(/ +/).map(widthOf))).toEqual([
    [3, 50],
    [3, 30],
    [2, 10],
    [5, 10],
  ]);
  expect(lines[5]?.slice(7, 16)).toMatch(/^[▁-▇]{3}✗[▁-▇]{2}![▁-▇]{2}$/);
  expect(lines[10]).toContain("web04.example.net   ✗ failed");
  expect(lines[11]).toContain("web07.example.net   ! unreachable");
});

test("a thousand hosts: groups as bars where cells have no room, cells without groups where they just have it", () => {
  expect(frame(at(1000, 14), { columns: 60, rows: 20 })[4]).toMatch(/^ web {3}━+─+ {2}\d\d % {2}▄490 ✗5 !5$/);
  const cells = frame(at(1000, 14), { columns: 100, rows: 30 }).slice(5, 16);
  expect(cells.reduce((sum, line) => sum + widthOf(line.trim()), 0)).toBe(1000);
});

test("scrolling shows the hosts further down, and ends at the last", () => {
  const lines = frame(at(100, 14), { columns: 100, rows: 30, offset: 40 });
  expect(lines.at(-1)).toMatch(/41–53 of 100$/);
  expect(frame(at(100, 14), { columns: 100, rows: 30, offset: 9999 }).at(-1)).toMatch(/88–100 of 100$/);
});

test("every stage of a run has its screen", () => {
  const shot = (seconds: number) => frame(at(8, seconds), { columns: 100, rows: 30 }).join("\n");
  expect(shot(0.2)).toContain("▸ connect 0.0 s   ▸ pack 0.0 s   · bootstrap   · distribute   · activate");
  expect(shot(0.2)).toContain("· 8 waiting");
  expect(shot(1.5)).toMatch(/web1.example.net ○ connected/);
  expect(shot(2.55)).toContain("uploading the peer");
  expect(shot(23.9)).toMatch(/◆ prepared +━+ 100 %/);
  expect(shot(60)).toMatch(/✓ 6 ok {3}✗ 1 failed {3}! 1 unreachable/);
});

test("without colours nothing but text is written, with them no information is added", () => {
  const plain = frame(at(100, 14), { columns: 100, rows: 30 }).join("\n");
  const coloured = frame(at(100, 14), { columns: 100, rows: 30, color: true }).join("\n");
  expect(plain).not.toContain("\u001b");
  expect(coloured).toContain("\u001b[31m");
  expect(Bun.stripANSI(coloured)).toBe(plain);
});

test("terminals without unicode get ASCII only", () => {
  for (const hosts of [8, 100, 1000])
    for (const [columns, rows] of SIZES)
      expect(frame(at(hosts, 14), { columns, rows, unicode: false }).join("\n")).toMatch(/^[\n\x20-\x7e]*$/);
});

test("names of any script line up, and what is in them does nothing", () => {
  const plan = ["主机一号.example.net", "ü.example.net", "\u001b[2Jevil.example.net"].map((host) => ({
    host,
    group: "组",
  }));
  const state = stateAt([{ type: "plan", atMs: 0, title: "t\u001b]0;x\u0007", hosts: plan }], 1);
  const lines = frame(state, { columns: 80, rows: 24 });
  const signs = lines.slice(5, 8).map((line) => widthOf(line.slice(0, line.indexOf("waiting"))));
  expect(new Set(signs).size).toBe(1);
  expect(lines.join("")).not.toContain("\u001b");
});

test("a run without a payload shows no bars of bytes", () => {
  const bare = stateAt(
    (runs.get(8) ?? []).filter(({ type }) => !["torrent", "progress"].includes(type)),
    30,
  );
  const text = frame(bare, { columns: 100, rows: 30 }).join("\n");
  expect(text).toContain("100 %  8 of 8 hosts");
  expect(text).toMatch(/web1.example.net ✓ ok *\n/);
});

test("stopping is said", () => {
  expect(frame(at(8, 14), { columns: 100, rows: 30, stopping: true }).at(-1)).toBe(
    " stopping, Ctrl+C again leaves at once",
  );
});

test("no fleet at no size and no moment fills the screen or is wider than it", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 8, 100, 1000),
      fc.integer({ min: 1, max: 220 }),
      fc.integer({ min: 2, max: 60 }),
      fc.constantFrom(0, 1, 2.6, 5, 14, 24, 60),
      fc.nat(1200),
      (hosts, columns, rows, seconds, offset) => {
        const lines = frame(at(hosts, seconds), { columns, rows, offset });
        expect(lines.length).toBeLessThan(rows);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      },
    ),
    { numRuns: 60 },
  );
});
