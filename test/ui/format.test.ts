import { describe, expect, test } from "bun:test";
import {
  bar,
  formatBytes,
  formatClock,
  formatDuration,
  formatEta,
  formatPercent,
  formatRate,
  formatShare,
  plural,
} from "../../lib/ui/format.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

test.each([
  [0, "0 B"],
  [1, "1 B"],
  [999, "999 B"],
  [1000, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [99.94 * KiB, "99.9 KiB"],
  [99.96 * KiB, "100 KiB"],
  [412 * MiB, "412 MiB"],
  [999.4 * MiB, "999 MiB"],
  [1023 * MiB, "1.0 GiB"],
  [3.21 * GiB, "3.2 GiB"],
  [5000 * 1024 * GiB, "4.9 PiB"],
  [-5, "0 B"],
  [Number.NaN, "–"],
])("%p bytes are %p", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
  expect(formatRate(bytes)).toBe(`${text}/s`);
});

test.each([
  [0, "0.0 s"],
  [0.84, "0.8 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1m 00s"],
  [125, "2m 05s"],
  [3599.6, "1h 00m"],
  [3720, "1h 02m"],
  [100 * 3600, "100h 00m"],
  [-1, "0.0 s"],
  [Number.POSITIVE_INFINITY, "–"],
])("%p seconds take %p", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [undefined, "–"],
  [0, "0 s"],
  [0.1, "1 s"],
  [8.2, "9 s"],
  [13.1, "14 s"],
  [124.5, "2m 05s"],
] as const)("with %p seconds left the ETA is %p", (seconds, text) => {
  expect(formatEta(seconds)).toBe(text);
});

test.each([
  [0, "0:00"],
  [14.9, "0:14"],
  [725, "12:05"],
  [3723, "1:02:03"],
])("after %p seconds the clock says %p", (seconds, text) => {
  expect(formatClock(seconds)).toBe(text);
});

describe("parts of a whole", () => {
  test.each([
    [0, "0 %", "0 %"],
    [0.004, "0 %", "0.4 %"],
    [0.0996, "9 %", "10 %"],
    [0.628, "62 %", "63 %"],
    [0.9999, "99 %", "100 %"],
    [1, "100 %", "100 %"],
    [1.5, "100 %", "100 %"],
    [Number.NaN, "0 %", "0 %"],
  ])("%p is %p of the way and a share of %p", (fraction, percent, share) => {
    expect(formatPercent(fraction)).toBe(percent);
    expect(formatShare(fraction)).toBe(share);
  });

  test.each([
    [0, 4, "", "----"],
    [0.49, 4, "#", "---"],
    [0.999, 4, "###", "-"],
    [1, 4, "####", ""],
    [2, 4, "####", ""],
    [0.5, 0, "", ""],
    [0.5, -3, "", ""],
  ])("%p of a bar of %p columns is %p and %p", (fraction, width, full, empty) => {
    expect(bar(fraction, width, { full: "#", empty: "-" })).toEqual([full, empty]);
  });
});

test("one host, two hosts", () => {
  expect([0, 1, 2].map((count) => plural(count, "host"))).toEqual(["0 hosts", "1 host", "2 hosts"]);
});
