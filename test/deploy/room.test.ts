import { expect, test } from "bun:test";
import { lackOfRoom } from "../../lib/deploy/room.ts";

const MiB = 1024 * 1024;
const entries = Array.from(
  { length: 3 },
  (_, index) => ({ type: "folder", path: `${index}`, mode: 0o755 }) as const,
);
const sizes = { keptBytes: 5 * MiB, newBytes: 15 * MiB, kept: [] };
const manifest = { version: 2, compression: "none", ...sizes, entries } as const;
const report = { current: undefined, releases: [], lock: undefined };

test.each([
  [20 * MiB, 3, undefined],
  [20 * MiB - 1, 3, "20.0 MiB free, 20.0 MiB needed"],
  [MiB, 2, "1.0 MiB free, 20.0 MiB needed; 2 inodes free, 3 needed"],
  [30 * MiB, 0, undefined],
])("%i bytes and %i inodes free: %s", (freeBytes, freeInodes, lack) => {
  expect(lackOfRoom({ ...report, freeBytes, freeInodes }, manifest)).toBe(lack as string);
});
